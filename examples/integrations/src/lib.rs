//! Examples of axum-cognito with other frameworks: see `examples/`.

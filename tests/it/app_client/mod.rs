mod cognito;
mod domain;

//! Prints whom the access token on standard input names, if the environment's pool issued it.

use std::{error::Error, io};

use axum_cognito::CognitoVerifier;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let verifier = CognitoVerifier::from_env()?;
    let claims = verifier.verify(io::read_to_string(io::stdin())?.trim()).await?;
    println!("{}", claims.username().unwrap_or_default());
    Ok(())
}

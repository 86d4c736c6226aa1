/// What a sign-out everywhere did not reach:
/// [`Session::try_sign_out_everywhere`](crate::Session::try_sign_out_everywhere).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignOutError {
    /// Cognito is not available, or refuses to end the user's sign-ins: the access token needs the
    /// scope `aws.cognito.signin.user.admin`, or the sign-in a list of revocations.
    #[error(
        "the sign-ins at Cognito were not ended: ask for the scope `aws.cognito.signin.user.admin`, \
         or give the sign-in `revocations`"
    )]
    Cognito,
    /// The log of revocations did not acknowledge; this process refuses the user's tokens all the
    /// same.
    #[error("the list of revocations is not available to the other processes")]
    Revocations,
    /// The session is still in the store.
    #[error("the session store is not available")]
    Store,
}

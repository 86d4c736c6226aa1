/// Makes the tests of a signer: every scenario that all signers share, and those named besides.
///
/// All tests of a process share one emulator, which the first of them starts: `emulator()`.
#[macro_export]
macro_rules! test_signer {
    ($signer:expr $(, $more:ident)* $(,)?) => {
        fn emulator() -> &'static $crate::Emulator {
            type Started = Result<$crate::Emulator, $crate::Failure>;
            static STARTED: std::sync::OnceLock<Started> = std::sync::OnceLock::new();
            let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
            let root = target.with_file_name("emulators");
            let started = STARTED.get_or_init(|| $crate::Emulator::start(&$signer, &root));
            started.as_ref().unwrap_or_else(|failure| panic!("{failure}"))
        }

        #[tokio::test]
        async fn a_program_that_its_environment_sets_up_accepts_an_access_token() {
            let program = env!("CARGO_BIN_EXE_who");
            $crate::scenarios::a_program_that_its_environment_sets_up_accepts_an_access_token(
                emulator(),
                program,
            )
            .await;
        }

        $crate::test_signer! { @tests
            an_access_token_is_accepted_on_the_access_route,
            an_id_token_is_accepted_on_the_id_route,
            both_kinds_are_accepted_where_any_is,
            a_refreshed_access_token_is_accepted,
            an_id_token_is_refused_on_the_access_route,
            an_access_token_is_refused_on_the_id_route,
            a_refresh_token_is_refused_on_every_route,
            a_token_of_another_pool_is_refused,
            a_token_of_another_client_is_refused,
            a_token_with_a_changed_header_is_refused,
            a_token_with_a_changed_payload_is_refused,
            a_token_with_a_changed_signature_is_refused,
            groups_are_read_in_the_handler,
            a_user_without_groups_has_none,
            the_scope_of_an_api_sign_in_is_read_in_the_handler,
            a_custom_attribute_is_read_in_the_handler,
            a_verified_email_is_read_in_the_handler,
            $($more,)*
        }
    };
    (@tests $($scenario:ident,)*) => {
        $(
            #[tokio::test]
            async fn $scenario() {
                $crate::scenarios::$scenario(emulator()).await;
            }
        )*
    };
}

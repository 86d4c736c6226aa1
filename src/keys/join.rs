use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Runs these futures at a time, and returns what they gave, in their order.
pub(crate) async fn join_all<F: Future + Send>(
    futures: impl IntoIterator<Item = F>,
) -> Vec<F::Output>
where
    F::Output: Send,
{
    let mut futures: Vec<_> =
        futures.into_iter().map(|future| MaybeDone::Running(Box::pin(future))).collect();
    poll_fn(|context| {
        let mut pending = false;
        for future in &mut futures {
            if let MaybeDone::Running(running) = future {
                match running.as_mut().poll(context) {
                    Poll::Ready(output) => *future = MaybeDone::Done(output),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    futures.into_iter().filter_map(MaybeDone::into_output).collect()
}

enum MaybeDone<F: Future> {
    Running(Pin<Box<F>>),
    Done(F::Output),
}

impl<F: Future> MaybeDone<F> {
    fn into_output(self) -> Option<F::Output> {
        match self {
            Self::Running(_) => None,
            Self::Done(output) => Some(output),
        }
    }
}

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What a future gives when it is asked only once: it may not wait for anything.
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

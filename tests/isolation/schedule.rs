//! A scheduler of one thread that polls futures in an order drawn from a seed.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// A future of the test.
pub(crate) type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// Nothing here takes as long.
const STUCK: Duration = Duration::from_secs(60);

/// Numbers drawn from a seed (SplitMix64), the same on every machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drawn(u64);

impl Drawn {
    pub(crate) fn from(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below another.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is below a usize")
    }

    /// One of several.
    pub(crate) fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Runs all to their end, each step by a draw; answers in the order of the tasks.
pub(crate) fn run<T>(seed: u64, tasks: Vec<Task<T>>) -> Vec<T> {
    // Time-outs need a clock to register with; it never rings, because nothing drives it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _clock = runtime.enter();
    let mut drawn = Drawn::from(seed);
    let mut tasks: Vec<Option<Task<T>>> = tasks.into_iter().map(Some).collect();
    let mut answers: Vec<Option<T>> = tasks.iter().map(|_| None).collect();
    let began = Instant::now();
    loop {
        let open: Vec<usize> = (0..tasks.len()).filter(|index| tasks[*index].is_some()).collect();
        if open.is_empty() {
            break;
        }
        let index = *drawn.one(&open);
        let task = tasks[index].as_mut().expect("it is open");
        match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => {
                answers[index] = Some(answer);
                tasks[index] = None;
            }
            // It may wait for the thread that writes.
            Poll::Pending => std::thread::yield_now(),
        }
        assert!(began.elapsed() < STUCK, "seed {seed}: the tasks {open:?} wait for each other");
    }
    answers.into_iter().map(|answer| answer.expect("every task came to its end")).collect()
}

/// Runs one future to its end within one poll of another.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::yield_now(),
        }
    }
}

/// A place where another task may go on.
pub(crate) async fn step() {
    let mut waited = false;
    std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

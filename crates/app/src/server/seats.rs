//! Seats for the few connections of a listener beside the main one. None of them keeps a newcomer out: where all are
//! taken, somebody leaves.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::oneshot;

use crate::limits::SEATS;

/// Who sits, the oldest first.
#[derive(Default)]
pub(crate) struct Seats(Vec<Sitting>);

/// A connection's seat, free again when this goes.
pub(crate) struct Seat {
    is_busy: Arc<AtomicBool>,
    needed: oneshot::Receiver<()>,
}

struct Sitting {
    peer: Option<IpAddr>,
    is_busy: Arc<AtomicBool>,
    /// Dropped when the seat is needed; closed once it is free.
    stay: oneshot::Sender<()>,
}

impl Seats {
    /// A seat for a connection of this peer.
    pub(crate) fn take(&mut self, peer: Option<IpAddr>) -> Seat {
        self.0.retain(|sitting| !sitting.stay.is_closed());
        if self.0.len() >= SEATS
            && let Some(next) = self.next_to_leave()
        {
            self.0.remove(next);
        }
        let is_busy = Arc::new(AtomicBool::new(false));
        let (stay, needed) = oneshot::channel();
        self.0.push(Sitting { peer, is_busy: Arc::clone(&is_busy), stay });
        Seat { is_busy, needed }
    }

    /// Of those without a request, else of all: the oldest of the peer that has the most.
    fn next_to_leave(&self) -> Option<usize> {
        let of = |peer| self.0.iter().filter(|sitting| sitting.peer == peer).count();
        let rank = |sitting: &Sitting| (sitting.is_busy.load(Relaxed), Reverse(of(sitting.peer)));
        let ranked = self.0.iter().map(rank).enumerate();
        ranked.min_by_key(|(_, rank)| *rank).map(|(index, _)| index)
    }
}

impl Seat {
    /// To be set when the connection has a request that is being answered.
    pub(crate) fn business(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_busy)
    }

    /// What comes of a visit; `None` if the seat was needed before it ended.
    pub(crate) async fn while_free<T>(self, visit: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = visit => Some(done),
            _ = self.needed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const KUBELET: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    const NEIGHBOUR: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)));

    fn has_to_leave(seat: &mut Seat) -> bool {
        seat.needed.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn the_oldest_of_the_peer_with_the_most_seats_makes_room() {
        let mut seats = Seats::default();
        let mut kubelet = seats.take(KUBELET);
        let mut neighbour: Vec<Seat> = (1..SEATS).map(|_| seats.take(NEIGHBOUR)).collect();
        let mut next = seats.take(KUBELET);
        assert!(has_to_leave(&mut neighbour[0]));
        for seat in [&mut kubelet, &mut next].into_iter().chain(&mut neighbour[1..]) {
            assert!(!has_to_leave(seat));
        }
        for _ in 0..10 * SEATS {
            seats.take(NEIGHBOUR);
        }
        assert!(!has_to_leave(&mut kubelet) && seats.0.len() <= SEATS);
    }

    #[test]
    fn who_is_answered_leaves_after_all_who_are_not_and_a_free_seat_is_taken_first() {
        let mut seats = Seats::default();
        let mut taken: Vec<Seat> = (0..SEATS).map(|_| seats.take(KUBELET)).collect();
        taken[0].business().store(true, Relaxed);
        let _other = seats.take(NEIGHBOUR);
        assert!(has_to_leave(&mut taken[1]) && !has_to_leave(&mut taken[0]));
        drop(taken.pop());
        let _another = seats.take(NEIGHBOUR);
        assert!(taken.iter_mut().filter_map(|seat| has_to_leave(seat).then_some(())).count() == 1);
    }

    #[tokio::test]
    async fn a_visit_ends_by_itself_or_when_its_seat_is_needed() {
        let mut seats = Seats::default();
        let seat = seats.take(None);
        assert_eq!(seat.while_free(async { 7 }).await, Some(7));
        let first = seats.take(None);
        let taken: Vec<Seat> = (0..SEATS).map(|_| seats.take(None)).collect();
        assert_eq!(first.while_free(std::future::pending::<()>()).await, None);
        drop(taken);
    }
}

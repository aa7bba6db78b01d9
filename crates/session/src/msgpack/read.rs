//! A reader that cannot overrun: no length in the input decides how much memory or stack is taken.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rmp::Marker;

use super::TIMESTAMP;

/// The bytes are not a record of the expected shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// One value, of a list or map only its length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Single(f32),
    Double(f64),
    /// A `str` or a `bin`: Go's reader takes one for the other.
    Bytes(&'a [u8]),
    List(u32),
    Map(u32),
    Extension(i8, &'a [u8]),
}

/// Reads values one by one; takes no memory by what a length says.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(record: &'a [u8]) -> Self {
        Self(record)
    }

    /// The next value.
    pub(crate) fn token(&mut self) -> Result<Token<'a>, Malformed> {
        let [marker] = self.array()?;
        Ok(match Marker::from_u8(marker) {
            Marker::Null => Token::Nil,
            Marker::False => Token::Bool(false),
            Marker::True => Token::Bool(true),
            Marker::FixPos(value) => Token::Unsigned(value.into()),
            Marker::U8 => Token::Unsigned(u8::from_be_bytes(self.array()?).into()),
            Marker::U16 => Token::Unsigned(u16::from_be_bytes(self.array()?).into()),
            Marker::U32 => Token::Unsigned(u32::from_be_bytes(self.array()?).into()),
            Marker::U64 => Token::Unsigned(u64::from_be_bytes(self.array()?)),
            Marker::FixNeg(value) => Token::Signed(value.into()),
            Marker::I8 => Token::Signed(i8::from_be_bytes(self.array()?).into()),
            Marker::I16 => Token::Signed(i16::from_be_bytes(self.array()?).into()),
            Marker::I32 => Token::Signed(i32::from_be_bytes(self.array()?).into()),
            Marker::I64 => Token::Signed(i64::from_be_bytes(self.array()?)),
            Marker::F32 => Token::Single(f32::from_be_bytes(self.array()?)),
            Marker::F64 => Token::Double(f64::from_be_bytes(self.array()?)),
            Marker::FixStr(length) => Token::Bytes(self.take(length.into())?),
            Marker::Str8 | Marker::Bin8 => Token::Bytes(self.sized::<1>()?),
            Marker::Str16 | Marker::Bin16 => Token::Bytes(self.sized::<2>()?),
            Marker::Str32 | Marker::Bin32 => Token::Bytes(self.sized::<4>()?),
            Marker::FixArray(length) => Token::List(length.into()),
            Marker::Array16 => Token::List(self.length::<2>()?),
            Marker::Array32 => Token::List(self.length::<4>()?),
            Marker::FixMap(length) => Token::Map(length.into()),
            Marker::Map16 => Token::Map(self.length::<2>()?),
            Marker::Map32 => Token::Map(self.length::<4>()?),
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => self.sized_extension::<1>()?,
            Marker::Ext16 => self.sized_extension::<2>()?,
            Marker::Ext32 => self.sized_extension::<4>()?,
            Marker::Reserved => return Err(Malformed),
        })
    }

    /// Passes over the next value and all it holds, without recursion.
    pub(crate) fn skip(&mut self) -> Result<(), Malformed> {
        let mut pending = 1_u64;
        while pending > 0 {
            pending -= 1;
            match self.token()? {
                Token::List(length) => pending = pending.checked_add(length.into()).ok_or(Malformed)?,
                Token::Map(length) => pending = pending.checked_add(2 * u64::from(length)).ok_or(Malformed)?,
                Token::Nil
                | Token::Bool(_)
                | Token::Unsigned(_)
                | Token::Signed(_)
                | Token::Single(_)
                | Token::Double(_)
                | Token::Bytes(_)
                | Token::Extension(..) => {}
            }
        }
        Ok(())
    }

    /// A text; `None` for nil and for an empty one.
    pub(crate) fn text(&mut self) -> Result<Option<String>, Malformed> {
        let bytes = self.bytes()?;
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed)?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// Bytes; empty for nil.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        match self.unless_nil()? {
            None => Ok(&[]),
            Some(Token::Bytes(bytes)) => Ok(bytes),
            Some(_) => Err(Malformed),
        }
    }

    /// The length of a list, whose elements come next; 0 for nil.
    pub(crate) fn list(&mut self) -> Result<u32, Malformed> {
        match self.unless_nil()? {
            None => Ok(0),
            Some(Token::List(length)) => Ok(length),
            Some(_) => Err(Malformed),
        }
    }

    /// The length of a map, whose keys and values come next; 0 for nil.
    pub(crate) fn map(&mut self) -> Result<u32, Malformed> {
        match self.unless_nil()? {
            None => Ok(0),
            Some(Token::Map(length)) => Ok(length),
            Some(_) => Err(Malformed),
        }
    }

    /// A point in time; `None` for nil and for Go's zero time.
    pub(crate) fn time(&mut self) -> Result<Option<SystemTime>, Malformed> {
        match self.unless_nil()? {
            None => Ok(None),
            Some(Token::Extension(TIMESTAMP, data)) => timestamp(data),
            Some(_) => Err(Malformed),
        }
    }

    fn unless_nil(&mut self) -> Result<Option<Token<'a>>, Malformed> {
        self.token().map(|token| Some(token).filter(|token| *token != Token::Nil))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// A big-endian length of `N` bytes.
    fn length<const N: usize>(&mut self) -> Result<u32, Malformed> {
        Ok(self.array::<N>()?.iter().fold(0, |length, byte| length << 8 | u32::from(*byte)))
    }

    fn sized<const N: usize>(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length::<N>()?;
        self.take(usize::try_from(length).map_err(|_| Malformed)?)
    }

    fn extension(&mut self, length: usize) -> Result<Token<'a>, Malformed> {
        let [kind] = self.array()?;
        Ok(Token::Extension(i8::from_be_bytes([kind]), self.take(length)?))
    }

    fn sized_extension<const N: usize>(&mut self) -> Result<Token<'a>, Malformed> {
        let length = self.length::<N>()?;
        self.extension(usize::try_from(length).map_err(|_| Malformed)?)
    }
}

/// Seconds from Go's zero time, the start of year 1, to the Unix epoch.
const GO_ZERO_SECONDS: i64 = -62_135_596_800;

/// The three forms of a timestamp.
fn timestamp(data: &[u8]) -> Result<Option<SystemTime>, Malformed> {
    let (first, rest) = data.split_first_chunk::<4>().ok_or(Malformed)?;
    let first = u32::from_be_bytes(*first);
    let (seconds, nanoseconds) = match rest.len() {
        0 => (i64::from(first), 0),
        // 30 bits of nanoseconds, then 34 of seconds.
        4 => {
            let second = u32::from_be_bytes(rest.try_into().map_err(|_| Malformed)?);
            (i64::from(first & 0b11) << 32 | i64::from(second), first >> 2)
        }
        _ => (i64::from_be_bytes(rest.try_into().map_err(|_| Malformed)?), first),
    };
    if (seconds, nanoseconds) == (GO_ZERO_SECONDS, 0) {
        return Ok(None);
    }
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let whole = if seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
    let time = whole.and_then(|whole| whole.checked_add(Duration::from_nanos(nanoseconds.into())));
    time.map(Some).ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vectors::hex;

    fn read_time(record: &str) -> Result<Option<SystemTime>, Malformed> {
        Reader::new(&hex(record)).time()
    }

    #[test]
    fn times_are_read_in_all_three_forms_and_no_other() {
        let at = |seconds| Ok(Some(UNIX_EPOCH + Duration::from_secs(seconds)));
        assert_eq!(read_time("d6ff6553f100"), at(1_700_000_000));
        assert_eq!(read_time("c704ff6553f100"), at(1_700_000_000));
        assert_eq!(read_time("d7ff0000000100000000"), at(1 << 32));
        assert_eq!(read_time("c70cff00000000ffffffffffffffff"), Ok(Some(UNIX_EPOCH - Duration::from_secs(1))));
        assert_eq!(read_time("c70cff00000000fffffff1886e0900"), Ok(None), "Go's zero time");
        assert_eq!(read_time("c0"), Ok(None));
        assert_eq!(read_time("c70cff00000000ffffffffffffffff"), read_time("c8000cff00000000ffffffffffffffff"));
        for other in ["ce6553f100", "cb41d954fc40000000", "a0", "9200c0", "d6006553f100", "d5ff0001", "c70cff00000000"]
        {
            assert_eq!(read_time(other), Err(Malformed), "{other}");
        }
        for extreme in ["c70cff000000007fffffffffffffff", "c70cffffffffff8000000000000000"] {
            let _ = read_time(extreme);
        }
    }

    #[test]
    fn hostile_lengths_take_no_memory_and_no_stack() {
        for bomb in ["ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "c9ffffffff"] {
            assert_eq!(Reader::new(&hex(bomb)).skip(), Err(Malformed), "{bomb}");
        }
        assert_eq!(Reader::new(&vec![0x91; 100_000]).skip(), Err(Malformed));
        let mut deep = vec![0x91; 100_000];
        deep.push(0xc0);
        assert_eq!(Reader::new(&deep).skip(), Ok(()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_skipped_or_refused(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reader::new(&noise).skip();
        }
    }
}

//! The patterns of Java's `DateTimeFormatter` that resolvers use, in its English locale.

use chrono::{
    DateTime, Datelike, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// Longest pattern and longest text that are looked at, bytes.
const TEXT_BYTES: usize = 1_000;

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// A letter and how often it stands there.
    Field(char, usize),
}

/// A time zone by name, or a fixed offset.
#[derive(Debug, Clone, Copy)]
pub(super) enum Zone {
    Named(Tz),
    Fixed(FixedOffset),
}

impl Zone {
    pub(super) const UTC: Self = Self::Named(Tz::UTC);

    /// Reads `Europe/Berlin`, `UTC`, `Z` or `+02:00`.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        if let Ok(zone) = name.parse() {
            return Ok(Self::Named(zone));
        }
        let offset = name.strip_prefix("UTC").or_else(|| name.strip_prefix("GMT")).unwrap_or(name);
        match read_offset(offset) {
            Some((offset, "")) => Ok(Self::Fixed(offset)),
            _ => Err(format!("Unknown time-zone ID: {name}")),
        }
    }

    fn offset_at(self, moment: DateTime<Utc>) -> FixedOffset {
        match self {
            Self::Named(zone) => zone.offset_from_utc_datetime(&moment.naive_utc()).fix(),
            Self::Fixed(offset) => offset,
        }
    }

    /// The moment when this zone's clocks show `local`; the earlier of two, and after the gap where there is none.
    fn moment(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self {
            Self::Fixed(offset) => offset.from_local_datetime(&local).single().map(|moment| moment.to_utc()),
            Self::Named(zone) => match zone.from_local_datetime(&local) {
                LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => Some(moment.to_utc()),
                LocalResult::None => {
                    let before = zone.from_local_datetime(&(local - chrono::Duration::hours(3))).earliest()?;
                    Some(local.and_utc() - chrono::Duration::seconds(before.offset().fix().local_minus_utc().into()))
                }
            },
        }
    }

    fn name(self, offset: FixedOffset) -> String {
        match self {
            Self::Named(zone) => zone.name().to_owned(),
            Self::Fixed(_) => offset_text(offset, 3, true),
        }
    }
}

impl Pattern {
    /// Reads a pattern such as `yyyy-MM-dd'T'HH:mm:ss.SSSXXX`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > TEXT_BYTES {
            return Err(format!("the pattern is longer than {TEXT_BYTES} bytes"));
        }
        let mut parts = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            if character == '\'' {
                push_literal(&mut parts, &quoted(&mut characters, text)?);
            } else if character.is_ascii_alphabetic() {
                let mut count = 1;
                while characters.next_if_eq(&character).is_some() {
                    count += 1;
                }
                if !"yuMLdDEahHKkmsSnXxZzVO".contains(character) {
                    return Err(format!("pattern letter {character} is not supported"));
                }
                parts.push(Part::Field(character, count));
            } else if "[]{}#".contains(character) {
                return Err(format!("pattern character {character} is not supported"));
            } else {
                push_literal(&mut parts, character.encode_utf8(&mut [0; 4]));
            }
        }
        Ok(Self(parts))
    }

    /// The moment as text, in `zone`.
    pub(super) fn format(&self, moment: DateTime<Utc>, zone: Zone) -> Result<String, String> {
        let local = moment.with_timezone(&zone.offset_at(moment));
        self.0
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Ok(text.clone()),
                Part::Field(letter, count) => write_field(*letter, *count, &local, zone),
            })
            .collect()
    }

    /// Reads `text`; milliseconds since the epoch. `zone` counts where the text has none.
    pub(super) fn read(&self, text: &str, zone: Zone) -> Result<i64, String> {
        let unparsed = || format!("Text '{text}' could not be parsed");
        if text.len() > TEXT_BYTES {
            return Err(format!("the text is longer than {TEXT_BYTES} bytes"));
        }
        let mut read = Read::default();
        let mut rest = text;
        for (index, part) in self.0.iter().enumerate() {
            let adjacent = matches!(self.0.get(index + 1), Some(Part::Field(..)));
            rest = match part {
                Part::Literal(literal) => rest.strip_prefix(literal.as_str()),
                Part::Field(letter, count) => read.field(*letter, *count, adjacent, rest),
            }
            .ok_or_else(unparsed)?;
        }
        if !rest.is_empty() {
            return Err(unparsed());
        }
        read.moment(zone).map(|moment| moment.timestamp_millis()).ok_or_else(unparsed)
    }
}

fn quoted(characters: &mut std::iter::Peekable<std::str::Chars<'_>>, pattern: &str) -> Result<String, String> {
    if characters.next_if_eq(&'\'').is_some() {
        return Ok("'".into());
    }
    let mut text = String::new();
    loop {
        match characters.next() {
            Some('\'') if characters.next_if_eq(&'\'').is_some() => text.push('\''),
            Some('\'') => return Ok(text),
            Some(character) => text.push(character),
            None => return Err(format!("Pattern ends with an incomplete string literal: {pattern}")),
        }
    }
}

fn push_literal(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Literal(last)) => last.push_str(text),
        _ => parts.push(Part::Literal(text.to_owned())),
    }
}

fn write_field(letter: char, count: usize, local: &DateTime<FixedOffset>, zone: Zone) -> Result<String, String> {
    let hour = local.hour();
    Ok(match letter {
        'y' | 'u' if count == 2 => format!("{:02}", local.year().rem_euclid(100)),
        'y' | 'u' => format!("{:0count$}", local.year()),
        'M' | 'L' if count >= 3 => name(&MONTHS, local.month0(), count),
        'M' | 'L' => format!("{:0count$}", local.month()),
        'd' => format!("{:0count$}", local.day()),
        'D' => format!("{:0count$}", local.ordinal()),
        'E' => name(&DAYS, local.weekday().num_days_from_monday(), count),
        'a' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        'h' => format!("{:0count$}", (hour + 11) % 12 + 1),
        'K' => format!("{:0count$}", hour % 12),
        'k' => format!("{:0count$}", (hour + 23) % 24 + 1),
        'H' => format!("{hour:0count$}"),
        'm' => format!("{:0count$}", local.minute()),
        's' => format!("{:0count$}", local.second()),
        'S' => format!("{:09}", local.nanosecond()).chars().chain(std::iter::repeat('0')).take(count).collect(),
        'n' => format!("{:0count$}", local.nanosecond()),
        'X' if local.offset().local_minus_utc() == 0 => "Z".into(),
        'X' | 'x' => offset_text(*local.offset(), count, false),
        'Z' if count <= 3 => offset_text(*local.offset(), 2, false),
        'Z' if count == 5 && local.offset().local_minus_utc() == 0 => "Z".into(),
        'Z' | 'O' => offset_text(*local.offset(), 3, count == 4 || letter == 'O'),
        'V' | 'z' => zone_name(letter, local, zone),
        _ => return Err(format!("pattern letter {letter} is not supported")),
    })
}

/// AWS differs: `z` gives the zone's abbreviation in the time-zone database, where Java has its own names for some.
fn zone_name(letter: char, local: &DateTime<FixedOffset>, zone: Zone) -> String {
    match zone {
        Zone::Named(named) if letter == 'z' => {
            use chrono_tz::OffsetName;
            let offset = named.offset_from_utc_datetime(&local.naive_utc());
            offset.abbreviation().map_or_else(|| named.name().to_owned(), str::to_owned)
        }
        _ => zone.name(*local.offset()),
    }
}

fn name(names: &[&str], index: u32, count: usize) -> String {
    let name = names[index as usize % names.len()];
    match count {
        4 => name,
        5 => &name[..1],
        _ => &name[..3],
    }
    .to_owned()
}

/// `+08` for a width of 1, `+0800` for 2, `+08:00` for 3.
fn offset_text(offset: FixedOffset, width: usize, prefixed: bool) -> String {
    let seconds = offset.local_minus_utc();
    let prefix = if prefixed { "GMT" } else { "" };
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60);
    match width {
        1 if minutes == 0 => format!("{prefix}{sign}{hours:02}"),
        1 | 2 | 4 => format!("{prefix}{sign}{hours:02}{minutes:02}"),
        _ => format!("{prefix}{sign}{hours:02}:{minutes:02}"),
    }
}

/// The fields read so far.
#[derive(Debug, Default)]
struct Read {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    hour: Option<u32>,
    half_day_hour: Option<u32>,
    afternoon: bool,
    minute: u32,
    second: u32,
    nanosecond: u32,
    offset: Option<FixedOffset>,
    zone: Option<Zone>,
}

impl Read {
    /// Reads one field; gives what is left of the text.
    fn field<'a>(&mut self, letter: char, count: usize, adjacent: bool, text: &'a str) -> Option<&'a str> {
        match letter {
            'X' | 'x' | 'Z' | 'O' => {
                let (offset, rest) = read_offset(text.strip_prefix("GMT").unwrap_or(text))?;
                self.offset = Some(offset);
                return Some(rest);
            }
            'V' | 'z' => {
                let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"/_+-:".contains(c)).unwrap_or(text.len());
                self.zone = Some(Zone::parse(&text[..end]).ok()?);
                return Some(&text[end..]);
            }
            'E' => return read_name(&DAYS, count, text).map(|(_, rest)| rest),
            'M' | 'L' if count >= 3 => {
                let (month, rest) = read_name(&MONTHS, count, text)?;
                self.month = Some(month + 1);
                return Some(rest);
            }
            'a' => {
                let half = text.get(..2)?;
                self.afternoon = half.eq_ignore_ascii_case("PM");
                return (self.afternoon || half.eq_ignore_ascii_case("AM")).then(|| &text[2..]);
            }
            _ => {}
        }
        let widest = if adjacent || count > 1 && !matches!(letter, 'y' | 'u') { count.max(2) } else { 9 };
        let fixed = if letter == 'S' || (adjacent && count > 1) { count } else { widest };
        let length = text.bytes().take(fixed.min(9)).take_while(u8::is_ascii_digit).count();
        let value: u32 = text[..length].parse().ok()?;
        self.number(letter, count, length, value)?;
        Some(&text[length..])
    }

    fn number(&mut self, letter: char, count: usize, length: usize, value: u32) -> Option<()> {
        match letter {
            'y' | 'u' if count == 2 => self.year = Some(2_000 + value as i32),
            'y' | 'u' => self.year = Some(i32::try_from(value).ok()?),
            'M' | 'L' => self.month = Some(value),
            'd' => self.day = Some(value),
            'D' => self.day_of_year = Some(value),
            'H' => self.hour = Some(value),
            'k' => self.hour = Some(value % 24),
            'h' | 'K' => self.half_day_hour = Some(value % 12),
            'm' => self.minute = value,
            's' => self.second = value,
            'S' => self.nanosecond = value.checked_mul(10_u32.checked_pow(9_u32.checked_sub(length as u32)?)?)?,
            'n' => self.nanosecond = value,
            _ => return None,
        }
        Some(())
    }

    fn moment(&self, zone: Zone) -> Option<DateTime<Utc>> {
        let year = self.year?;
        let date = match self.day_of_year {
            Some(day) => NaiveDate::from_yo_opt(year, day)?,
            None => NaiveDate::from_ymd_opt(year, self.month?, self.day?)?,
        };
        let half_day = || self.half_day_hour.map(|hour| if self.afternoon { hour + 12 } else { hour });
        let hour = self.hour.or_else(half_day).unwrap_or(0);
        let local = date.and_time(NaiveTime::from_hms_nano_opt(hour, self.minute, self.second, self.nanosecond)?);
        self.offset.map(Zone::Fixed).or(self.zone).unwrap_or(zone).moment(local)
    }
}

fn read_name<'a>(names: &[&str], count: usize, text: &'a str) -> Option<(u32, &'a str)> {
    names.iter().enumerate().find_map(|(index, name)| {
        let name = if count == 4 { name } else { &name[..3] };
        text.strip_prefix(name).map(|rest| (index as u32, rest))
    })
}

/// `Z`, `+08`, `+0800` or `+08:00`, and what follows.
fn read_offset(text: &str) -> Option<(FixedOffset, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((FixedOffset::east_opt(0)?, rest));
    }
    let (sign, digits) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, rest) = two_digits(digits)?;
    let (minutes, rest) = two_digits(rest.strip_prefix(':').unwrap_or(rest)).unwrap_or((0, rest));
    Some((FixedOffset::east_opt(sign * (hours * 3_600 + minutes * 60))?, rest))
}

fn two_digits(text: &str) -> Option<(i32, &str)> {
    let digits = text.get(..2)?;
    (digits.bytes().all(|digit| digit.is_ascii_digit())).then(|| (digits.parse().unwrap_or(0), &text[2..]))
}

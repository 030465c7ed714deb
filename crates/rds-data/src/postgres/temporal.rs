//! Dates and times: days and microseconds since 2000 as the texts of the Data API.

use std::error::Error as StdError;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta};

type Failure = Box<dyn StdError + Sync + Send>;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// 2000-01-01, where PostgreSQL begins to count.
fn epoch() -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).expect("a day of the calendar")
}

/// `2026-01-31`.
pub(super) fn date(days: i32) -> Result<String, Failure> {
    let distance = Days::new(days.unsigned_abs().into());
    let day = match days {
        i32::MAX => return Ok("infinity".to_owned()),
        i32::MIN => return Ok("-infinity".to_owned()),
        0.. => epoch().checked_add_days(distance),
        _ => epoch().checked_sub_days(distance),
    };
    Ok(day_text(day.ok_or("a date out of range")?))
}

/// `23:59:59.5`; whole seconds have no fraction. A day may end at `24:00:00`.
pub(super) fn time(micros: i64) -> Result<String, Failure> {
    let (seconds, micros) = (micros.div_euclid(MICROS_PER_SECOND), micros.rem_euclid(MICROS_PER_SECOND));
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Ok(format!("{hours:02}:{minutes:02}:{seconds:02}{}", fraction(micros)))
}

/// `2026-01-31 23:59:59.5`.
pub(super) fn timestamp(micros: i64) -> Result<String, Failure> {
    if micros == i64::MAX || micros == i64::MIN {
        return Ok(if micros > 0 { "infinity" } else { "-infinity" }.to_owned());
    }
    let moment = NaiveDateTime::from(epoch()).checked_add_signed(TimeDelta::microseconds(micros));
    let moment = moment.ok_or("a timestamp out of range")?;
    let fraction = fraction(micros.rem_euclid(MICROS_PER_SECOND));
    Ok(format!("{} {}{fraction}", day_text(moment.date()), moment.format("%H:%M:%S")))
}

/// Years before the first are counted back, as PostgreSQL writes them.
fn day_text(day: NaiveDate) -> String {
    let (before, year) = day.year_ce();
    let era = if before { "" } else { " BC" };
    format!("{year:04}-{:02}-{:02}{era}", day.month(), day.day())
}

/// Microseconds without the zeros at the end.
fn fraction(micros: i64) -> String {
    if micros == 0 {
        return String::new();
    }
    format!(".{}", format!("{micros:06}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_microseconds_are_dates_and_times() {
        assert_eq!(date(0).unwrap(), "2000-01-01");
        assert_eq!(date(-1).unwrap(), "1999-12-31");
        assert_eq!(date(i32::MAX).unwrap(), "infinity");
        assert_eq!(date(-731_000).unwrap(), "0003-08-04 BC");
        assert_eq!(time(86_399_500_000).unwrap(), "23:59:59.5");
        assert_eq!(time(86_400_000_000).unwrap(), "24:00:00");
        assert_eq!(timestamp(0).unwrap(), "2000-01-01 00:00:00");
        assert_eq!(timestamp(-1).unwrap(), "1999-12-31 23:59:59.999999");
        assert_eq!(timestamp(i64::MIN).unwrap(), "-infinity");
    }

    #[test]
    fn what_no_calendar_has_is_an_error() {
        assert!(date(i32::MAX - 1).is_err());
        assert!(timestamp(i64::MAX - 1).is_err());
    }
}

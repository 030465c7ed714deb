//! RFC 3339 timestamps: `2016-12-05T21:29:29.123Z`, with an upper-case `T` and `Z` or an offset.

/// Days from 0000-03-01 to 1970-01-01 in the Gregorian calendar.
const EPOCH_DAYS: i64 = 719_468;
const NANOS: i128 = 1_000_000_000;

/// Nanoseconds since 1970, or `None` when the text is not a timestamp.
pub(crate) fn parse_nanos(text: &str) -> Option<i128> {
    let bytes = text.as_bytes();
    let shape_holds = bytes.len() >= 20
        && [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')].iter().all(|(at, mark)| bytes[*at] == *mark);
    if !shape_holds {
        return None;
    }
    let (year, month, day) = (digits(bytes, 0, 4)?, digits(bytes, 5, 2)?, digits(bytes, 8, 2)?);
    let (hour, minute, second) = (digits(bytes, 11, 2)?, digits(bytes, 14, 2)?, digits(bytes, 17, 2)?);
    let in_range = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if !in_range || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, offset) = fraction_and_offset(&bytes[19..])?;
    let seconds = days_before(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some(i128::from(seconds) * NANOS + i128::from(fraction))
}

/// Milliseconds since 1970, rounded down.
pub(crate) fn parse_millis(text: &str) -> Option<i64> {
    i64::try_from(parse_nanos(text)?.div_euclid(1_000_000)).ok()
}

/// `2024-01-01T00:00:00.000Z` from milliseconds since 1970.
pub(crate) fn format(millis: i64) -> String {
    let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (year, month, day) = date(days);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, fraction) = (rest / 1_000 % 60, rest % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
}

fn digits(bytes: &[u8], start: usize, length: usize) -> Option<i64> {
    let digits = bytes.get(start..start + length)?;
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

/// Nanoseconds of the fraction, and seconds of the offset.
fn fraction_and_offset(bytes: &[u8]) -> Option<(i64, i64)> {
    let (fraction, zone) = match bytes.strip_prefix(b".") {
        Some(rest) => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let number = digits(rest, 0, length).filter(|_| (1..=9).contains(&length))?;
            (number * 10_i64.pow(9 - u32::try_from(length).ok()?), &rest[length..])
        }
        None => (0, bytes),
    };
    match zone {
        b"Z" => Some((fraction, 0)),
        [sign @ (b'+' | b'-'), clock @ ..] if clock.len() == 5 && clock[2] == b':' => {
            let (hours, minutes) = (digits(clock, 0, 2)?, digits(clock, 3, 2)?);
            let offset = hours * 3_600 + minutes * 60;
            let offset = (hours <= 18 && minutes <= 59).then_some(offset)?;
            Some((fraction, if *sign == b'-' { -offset } else { offset }))
        }
        _ => None,
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970. Years are counted from March, so that the leap day is the last of its year.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day
        - 1
        - EPOCH_DAYS
}

/// Year, month and day of a number of days since 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAYS;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2016-03-14T01:59:00Z", Some(1_457_920_740_000)),
            ("2016-03-14T01:59:00.5+01:00", Some(1_457_917_140_500)),
            ("2000-02-29T23:59:59.999-00:30", Some(951_870_599_999)),
            ("1900-02-29T00:00:00Z", None),
            ("2016-13-05T21:29:29Z", None),
            ("2016-12-05T25:29:29Z", None),
            ("2016-12-05 21:29:29Z", None),
            ("2016-12-05T21:29:29", None),
            ("05-12-2016T21:29:29Z", None),
            ("2016-12-05t21:29:29Z", None),
            ("2016-12-05T21:29:29z", None),
            ("2016-12-05T21:29:29.Z", None),
            ("2016-12-05T21:29:2é", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_millis(text), expected, "{text}");
        }
    }

    #[test]
    fn formatting_is_the_inverse_of_parsing() {
        for text in [
            "1970-01-01T00:00:00.000Z",
            "2000-02-29T23:59:59.999Z",
            "1969-12-31T23:59:59.001Z",
            "2400-03-01T12:00:00.010Z",
        ] {
            assert_eq!(parse_millis(text).map(format).as_deref(), Some(text));
        }
    }
}

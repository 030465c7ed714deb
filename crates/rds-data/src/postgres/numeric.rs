//! `NUMERIC` in binary: digits of 10,000, which no number type holds in general, as the text that PostgreSQL prints.

use std::error::Error as StdError;

use crate::limits;

type Failure = Box<dyn StdError + Sync + Send>;

/// Decimal digits of one digit of 10,000.
const WIDTH: usize = 4;

/// The number's text.
///
/// AWS differs: numbers with more than [`limits::NUMERIC_DIGITS`] digits on a side of the point come there, too. A few
/// bytes can stand for 131,072 digits.
pub(super) fn text(raw: &[u8]) -> Result<String, Failure> {
    let mut words = raw.chunks_exact(2).map(|word| u16::from_be_bytes([word[0], word[1]]));
    let mut word = || words.next().ok_or("a short number");
    let (count, weight, sign, scale) = (word()?, word()?.cast_signed(), word()?, word()?);
    let sign = match sign {
        0 => "",
        0x4000 => "-",
        0xC000 => return Ok("NaN".to_owned()),
        0xD000 => return Ok("Infinity".to_owned()),
        0xF000 => return Ok("-Infinity".to_owned()),
        _ => return Err("an unknown sign".into()),
    };
    let whole_digits = usize::try_from(i32::from(weight) + 1).unwrap_or(0) * WIDTH;
    if whole_digits.max(scale.into()) > limits::NUMERIC_DIGITS {
        return Err("a number with too many digits".into());
    }
    let digits: Vec<u16> = words.take(count.into()).collect();
    if digits.len() < usize::from(count) || digits.iter().any(|digit| *digit > 9999) {
        return Err("a broken number".into());
    }
    Ok(format!("{sign}{}{}", whole(&digits, weight), fraction(&digits, weight, scale.into())))
}

/// The digit that counts 10,000 to the power of `power`.
fn digit(digits: &[u16], weight: i16, power: i32) -> u16 {
    let index = usize::try_from(i32::from(weight) - power);
    index.ok().and_then(|index| digits.get(index)).copied().unwrap_or(0)
}

fn whole(digits: &[u16], weight: i16) -> String {
    let all: String = (0..=weight).rev().map(|power| format!("{:04}", digit(digits, weight, power.into()))).collect();
    let significant = all.trim_start_matches('0');
    if significant.is_empty() { "0".to_owned() } else { significant.to_owned() }
}

fn fraction(digits: &[u16], weight: i16, scale: usize) -> String {
    if scale == 0 {
        return String::new();
    }
    let powers = scale.div_ceil(WIDTH) as i32;
    let all: String = (1..=powers).map(|power| format!("{:04}", digit(digits, weight, -power))).collect();
    format!(".{}", &all[..scale])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[u16]) -> String {
        let raw: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        text(&raw).unwrap()
    }

    #[test]
    fn numbers_print_as_postgresql_prints_them() {
        for (words, text) in [
            (&[0u16, 0, 0, 0][..], "0"),
            (&[0, 0, 0, 2], "0.00"),
            (&[1, 0, 0, 0, 7], "7"),
            (&[2, 0, 0x4000, 2, 12, 3400], "-12.34"),
            (&[1, 1, 0, 0, 1], "10000"),
            (&[1, 0xFFFF, 0, 4, 5], "0.0005"),
            (&[1, 0xFFFE, 0, 8, 5], "0.00000005"),
            (&[3, 2, 0, 1, 1, 2, 3], "100020003.0"),
            (&[0, 0, 0xC000, 0], "NaN"),
            (&[0, 0, 0xF000, 0], "-Infinity"),
        ] {
            assert_eq!(of(words), text);
        }
    }

    #[test]
    fn broken_numbers_are_errors() {
        for raw in [&[0u8, 9, 0, 0, 0, 0, 0, 0][..], &[0, 1, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], &[0, 0, 0, 0, 1, 1, 0, 0]] {
            assert!(text(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn long_numbers_are_errors_before_they_are_printed() {
        assert_eq!(of(&[1, 249, 0, 0, 1000]).len(), 1000);
        assert_eq!(of(&[0, 0, 0, 1000]).len(), 1002);
        for raw in [[0u8, 1, 0, 250, 0, 0, 0, 0, 0, 1], [0, 1, 0, 0, 0, 0, 0x3F, 0xFF, 0, 1]] {
            assert!(text(&raw).is_err(), "{raw:?}");
        }
    }
}

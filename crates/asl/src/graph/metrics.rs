//! How wide a text is: the advance widths of Helvetica, which Arial and Liberation Sans share.

/// Thousandths of the font size for U+0020 to U+007E.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// Bold letters are this much wider.
const BOLD: f64 = 1.08;

/// The width of `text` in pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let thousandths: u32 = text.chars().map(advance).sum();
    f64::from(thousandths) / 1000.0 * size * if bold { BOLD } else { 1.0 }
}

fn advance(character: char) -> u32 {
    match character as u32 {
        code @ 0x20..=0x7e => WIDTHS[(code - 0x20) as usize].into(),
        0..0x20 => 0,
        0x7f..0x1100 => 611,
        _ => 1000,
    }
}

/// `text` with its middle left out where it would be wider than `most` pixels.
pub(super) fn fit(text: &str, size: f64, bold: bool, most: f64) -> String {
    if width(text, size, bold) <= most {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let mut kept = characters.len().min(200);
    loop {
        kept -= 1;
        let head: String = characters[..kept.div_ceil(2)].iter().collect();
        let tail: String = characters[characters.len() - kept / 2..].iter().collect();
        let short = format!("{}\u{2026}{}", head.trim_end(), tail.trim_start());
        if kept == 0 || width(&short, size, bold) <= most {
            return short;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(fit("Charge", 13.0, true, 200.0), "Charge");
        let short = fit(&"Abcdefghij".repeat(8), 13.0, true, 100.0);
        assert!(short.starts_with("Abc") && short.ends_with("hij") && short.contains('\u{2026}'), "{short}");
        assert!(width(&short, 13.0, true) <= 100.0);
        assert_eq!(fit(&"\u{4e00}".repeat(1000), 13.0, false, 1.0), "\u{2026}");
    }
}

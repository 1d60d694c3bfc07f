//! Figures as words: grouped digits, spans of virtual time, bytes, hex. No figure is computed here.

use crate::engine::common::VirtualTime;

/// `1234567` as `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A signed number, grouped, with a true minus sign.
#[must_use]
pub fn grouped_signed(number: i64) -> String {
    let text = grouped(number.unsigned_abs());
    if number < 0 { format!("−{text}") } else { text }
}

/// A signed number as it is, with a true minus sign.
#[must_use]
pub fn signed(number: i64) -> String {
    let digits = number.unsigned_abs();
    if number < 0 { format!("−{digits}") } else { digits.to_string() }
}

/// A moment or a span, in the unit that suits its size: `412 µs`, `42.600 ms`, `3,600.000 s`.
#[must_use]
pub fn time(time: VirtualTime) -> String {
    let us = time.0;
    match us {
        0 => "0 ms".to_string(),
        1..1_000 => format!("{us} µs"),
        1_000..3_600_000_000 => format!("{}.{:03} ms", grouped(us / 1_000), us % 1_000),
        _ => format!("{}.{:03} s", grouped(us / 1_000_000), us % 1_000_000 / 1_000),
    }
}

/// A span in few digits, for a figure that stands among others: `412 µs`, `8.1 ms`, `2.3 s`. Rounded to nearest.
#[must_use]
pub fn short_time(time: VirtualTime) -> String {
    let us = time.0;
    let tenths = |unit: u64| {
        let tenths = (us + unit / 20) / (unit / 10);
        format!("{}.{}", grouped(tenths / 10), tenths % 10)
    };
    match us {
        0 => "0 ms".to_string(),
        1..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", tenths(1_000)),
        _ => format!("{} s", tenths(1_000_000)),
    }
}

/// A span that somebody chose, exact and in no more digits than it needs: `412 µs`, `1.5 ms`, `200 ms`.
#[must_use]
pub fn chosen_time(time: VirtualTime) -> String {
    let us = time.0;
    match us {
        0 => "0 ms".to_string(),
        1..1_000 => format!("{us} µs"),
        _ if us.is_multiple_of(1_000) => format!("{} ms", grouped(us / 1_000)),
        _ => format!("{}.{} ms", grouped(us / 1_000), format!("{:03}", us % 1_000).trim_end_matches('0')),
    }
}

/// How many of all, given in thousandths: `3 packets in 10`, `every packet`, `no packet`.
#[must_use]
pub fn share(per_mille: u32, noun: &str) -> String {
    match per_mille {
        0 => format!("no {noun}"),
        1_000.. => format!("every {noun}"),
        _ => {
            let divisor = (1..=per_mille)
                .rev()
                .find(|divisor| per_mille.is_multiple_of(*divisor) && 1_000_u32.is_multiple_of(*divisor));
            let divisor = divisor.unwrap_or(1);
            format!("{} in {}", counted(u64::from(per_mille / divisor), noun), grouped(u64::from(1_000 / divisor)))
        }
    }
}

/// A span after another moment: `+5.000 ms`.
#[must_use]
pub fn span(span: VirtualTime) -> String {
    format!("+{}", time(span))
}

/// A number and the noun it counts: `1 record`, `1,000 records`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    counted_as(number, noun, &format!("{noun}s"))
}

/// As [`counted`], where the plural is a word of its own: `1 entry`, `3 entries`.
#[must_use]
pub fn counted_as(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// The offsets of a batch or a block: `4–9`, and `4` where the last is the first.
#[must_use]
pub fn offsets(first: i64, last: i64) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

/// `1,009 B`.
#[must_use]
pub fn bytes(count: u64) -> String {
    format!("{} B", grouped(count))
}

/// A ratio given in thousandths: `2200` as `2.2×`.
#[must_use]
pub fn ratio(per_mille: u64) -> String {
    let tenths = (per_mille + 50) / 100;
    format!("{}.{}×", tenths / 10, tenths % 10)
}

/// Thousandths with one digit after the point: `1940` as `1.9`.
#[must_use]
pub fn tenths(per_mille: u64) -> String {
    let tenths = (per_mille + 50) / 100;
    format!("{}.{}", grouped(tenths / 10), tenths % 10)
}

/// Bytes in hex, a space between them.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// Bytes as text if they are text that can be read, else as hex after `0x`; null and empty say so.
#[must_use]
pub fn text_or_hex(bytes: Option<&[u8]>) -> String {
    match bytes {
        None => "null".to_string(),
        Some([]) => "(empty)".to_string(),
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) => text.to_string(),
            _ => format!("0x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        },
    }
}

/// Cuts a text to `max` characters, with an ellipsis in place of the rest.
#[must_use]
pub fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_string();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_figures_have_no_more_digits_than_they_need() {
        let times = [0, 412, 1_000, 1_500, 200_000, 1_234_050].map(|us| chosen_time(VirtualTime(us)));
        assert_eq!(times, ["0 ms", "412 µs", "1 ms", "1.5 ms", "200 ms", "1,234.05 ms"]);
        let shares = [0, 1, 7, 100, 300, 500, 1_000].map(|per_mille| share(per_mille, "packet"));
        let expected = [
            "no packet",
            "1 packet in 1,000",
            "7 packets in 1,000",
            "1 packet in 10",
            "3 packets in 10",
            "1 packet in 2",
            "every packet",
        ];
        assert_eq!(shares, expected);
    }

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped_signed(-1), "−1");
        assert_eq!(time(VirtualTime(412)), "412 µs");
        assert_eq!(time(VirtualTime(42_600)), "42.600 ms");
        assert_eq!(time(VirtualTime(1_023_100)), "1,023.100 ms");
        assert_eq!(time(VirtualTime(30_201_385)), "30,201.385 ms");
        assert_eq!(time(VirtualTime(3_600_000_000)), "3,600.000 s");
        assert_eq!(short_time(VirtualTime(8_063)), "8.1 ms");
        assert_eq!(short_time(VirtualTime(2_349_000)), "2.3 s");
        assert_eq!(short_time(VirtualTime(999_960)), "1,000.0 ms");
        assert_eq!(ratio(2_240), "2.2×");
        assert_eq!(tenths(1_950), "2.0");
        assert_eq!((offsets(4, 9), offsets(4, 4)), ("4–9".to_string(), "4".to_string()));
        assert_eq!(counted_as(1, "entry", "entries"), "1 entry");
        assert_eq!(counted(1, "record"), "1 record");
        assert_eq!(counted(0, "record"), "0 records");
        assert_eq!(counted(1_200, "record"), "1,200 records");
    }

    #[test]
    fn bytes_are_text_only_if_they_can_be_read() {
        assert_eq!(text_or_hex(None), "null");
        assert_eq!(text_or_hex(Some(b"")), "(empty)");
        assert_eq!(text_or_hex(Some("Grüße".as_bytes())), "Grüße");
        assert_eq!(text_or_hex(Some(&[0xff, 0x00])), "0xff00");
        assert_eq!(text_or_hex(Some(b"a\nb")), "0x610a62");
        assert_eq!(shortened("abcdef", 4), "abc…");
    }
}

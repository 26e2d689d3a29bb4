//! Words and signs of Rust, without comments, literals and lifetimes.

/// Splits a source file. `::` and `->` are one token each.
pub fn tokens(source: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if let Some(skipped) = skipped(rest) {
            rest = rest[skipped..].trim_start();
            continue;
        } else if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") || rest.starts_with("->") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How long the comment, literal or lifetime is that stands here.
fn skipped(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    let prefix = ["", "b", "c", "r", "br", "cr"].into_iter().rfind(|prefix| {
        let quoted = rest.strip_prefix(prefix);
        quoted.is_some_and(|quoted| {
            quoted.starts_with('"')
                || prefix.ends_with('r') && quoted.trim_start_matches('#').starts_with('"')
        })
    });
    if let Some(prefix) = prefix {
        return Some(prefix.len() + string(&rest[prefix.len()..], prefix.ends_with('r')));
    }
    let quoted = rest
        .strip_prefix("b'")
        .or_else(|| rest.strip_prefix('\''))?;
    let prefix = rest.len() - quoted.len();
    if quoted.starts_with('\\') {
        // `'\''` has a quotation mark behind the backslash.
        return Some(prefix + 2 + quoted[2..].find('\'')? + 1);
    }
    let first = quoted.chars().next()?.len_utf8();
    if quoted[first..].starts_with('\'') {
        return Some(prefix + first + 1);
    }
    let lifetime = quoted.find(|c| !is_word(c)).unwrap_or(quoted.len());
    Some(prefix + lifetime)
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// How long the string is that begins here, with its quotation marks.
fn string(rest: &str, is_raw: bool) -> usize {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if is_raw {
        let end = format!("\"{}", "#".repeat(hashes));
        let body = &rest[hashes + 1..];
        return hashes
            + 1
            + body
                .find(&end)
                .map_or(body.len(), |found| found + end.len());
    }
    let mut is_escaped = false;
    let end = rest[1..].find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(rest.len(), |end| end + 2)
}

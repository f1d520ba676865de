package io.github.wsbridge.core.access;

import io.github.wsbridge.DeviceIdPattern;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.wire.files.KeyText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says which names in certificates may connect and listen. Immutable.
 *
 * <p>Each line has the form {@code ROLE KIND:PATTERN [DEVICES]}:
 *
 * <ul>
 *   <li>{@code ROLE} is {@code requester} or {@code device}.
 *   <li>{@code KIND} is the kind of name that counts: {@code dns} or {@code uri} for a subject alternative name,
 *       {@code cn} for the common name of the subject.
 *   <li>{@code PATTERN} is the name, in which one {@code *} matches any text, dots and slashes included.
 *   <li>{@code DEVICES} are the device ids, in which {@code *} matches any text. In it, <code>{name}</code> stands for
 *       the certificate's name and <code>{*}</code> for what the {@code *} of the pattern has matched. Default for
 *       requesters: all; for devices: <code>{*}</code>, or <code>{name}</code> for a pattern without {@code *}.
 * </ul>
 *
 * <p>So {@code device dns:*.devices.example.com} lets the holder of a certificate for {@code pi-7.devices.example.com}
 * listen as {@code pi-7}, and as nothing else. DNS names are compared, and used as device ids, in lower case. Empty
 * lines and lines that start with {@code #} are skipped.
 */
public final class CertificateRules {

    private static final String NAME = "{name}";
    private static final String MATCHED = "{*}";

    /** What a rule permits the holder of a name. */
    record Permission(Action action, DeviceIdPattern devices) {}

    private record Rule(
            Action action,
            CertificateNames.Kind kind,
            String before,
            @Nullable String after,
            String devices) {

        Optional<Permission> permission(String name) {
            if (after == null) {
                return name.equals(before) ? Optional.of(permission(name, name)) : Optional.empty();
            }
            return name.length() > before.length() + after.length() && name.startsWith(before) && name.endsWith(after)
                    ? Optional.of(permission(name, name.substring(before.length(), name.length() - after.length())))
                    : Optional.empty();
        }

        /** The name has no {@code *}, which would match any text. */
        private Permission permission(String name, String matched) {
            int at = devices.indexOf(MATCHED);
            String pattern = at >= 0
                    ? devices.substring(0, at) + matched + devices.substring(at + MATCHED.length())
                    : devices.replace(NAME, name);
            return new Permission(action, new DeviceIdPattern(pattern));
        }
    }

    private final List<Rule> rules;

    private CertificateRules(List<Rule> rules) {
        this.rules = rules;
    }

    /**
     * Reads a file. Blocks briefly.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if a line is invalid; the message contains the line number
     */
    public static CertificateRules read(Path file) throws IOException {
        return parse(KeyText.read(file).lines().toList());
    }

    /** Parses lines. Throws the same exceptions as {@link #read}. */
    public static CertificateRules parse(List<String> lines) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                try {
                    rules.add(rule(line.split("\\s+")));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException("line " + (i + 1) + ": " + e.getMessage());
                }
            }
        }
        return new CertificateRules(List.copyOf(rules));
    }

    private static Rule rule(String[] words) {
        if (words.length < 2 || words.length > 3) {
            throw new IllegalArgumentException("expected ROLE KIND:PATTERN [DEVICES]");
        }
        Action action = switch (words[0]) {
            case "requester" -> Action.CONNECT;
            case "device" -> Action.LISTEN;
            default -> throw new IllegalArgumentException("the role must be requester or device");
        };
        int colon = words[1].indexOf(':');
        CertificateNames.Kind kind = CertificateNames.Kind.of(words[1].substring(0, Math.max(colon, 0)))
                .orElseThrow(() -> new IllegalArgumentException("the name must begin with dns:, uri: or cn:"));
        String pattern = words[1].substring(colon + 1);
        if (kind == CertificateNames.Kind.DNS) {
            pattern = pattern.toLowerCase(Locale.ROOT);
        }
        int star = pattern.indexOf('*');
        if (pattern.isEmpty() || star != pattern.lastIndexOf('*')) {
            throw new IllegalArgumentException("the pattern must be a name, with one * at most");
        }
        String devices = words.length == 3 ? words[2] : action == Action.CONNECT ? "*" : star >= 0 ? MATCHED : NAME;
        if (star < 0 && devices.contains(MATCHED)) {
            throw new IllegalArgumentException("{*} needs a pattern with *");
        }
        if (devices.indexOf('{') != devices.lastIndexOf('{')) {
            throw new IllegalArgumentException("DEVICES may contain {name} or {*} once");
        }
        return star < 0
                ? new Rule(action, kind, pattern, null, devices)
                : new Rule(action, kind, pattern.substring(0, star), pattern.substring(star + 1), devices);
    }

    /** Returns what the rules permit the holder of a name. */
    List<Permission> permissions(CertificateNames.Name name) {
        return rules.stream()
                .filter(rule -> rule.kind() == name.kind())
                .flatMap(rule -> rule.permission(name.text()).stream())
                .toList();
    }

    /** Returns the number of rules. */
    @Override
    public String toString() {
        return rules.size() + (rules.size() == 1 ? " rule" : " rules");
    }
}

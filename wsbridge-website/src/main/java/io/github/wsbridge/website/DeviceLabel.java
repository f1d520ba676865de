package io.github.wsbridge.website;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The names of devices in host names. A device id that is a label of DNS in lower case stands for itself; any other is
 * {@code x--} and the base32hex (RFC 4648) of its UTF-8, without padding, because host names do not distinguish upper
 * and lower case and have few other characters.
 */
final class DeviceLabel {

    private static final String CODED = "x--";
    private static final String DIGITS = "0123456789abcdefghijklmnopqrstuv";
    private static final int LONGEST = 63;
    private static final int BITS = 5;

    /** Without two hyphens after the second or third character, which are for internationalized names and for this. */
    private static final Pattern PLAIN = Pattern.compile("(?!..?--)[a-z0-9]([a-z0-9-]*[a-z0-9])?");

    private DeviceLabel() {}

    /** Returns the label of a device; empty if the id is too long for one, which is from 38 bytes of UTF-8 on. */
    static Optional<String> of(String deviceId) {
        String label = PLAIN.matcher(deviceId).matches() ? deviceId : CODED + code(deviceId);
        return Optional.of(label).filter(found -> found.length() <= LONGEST);
    }

    /** Returns the device of a label in lower case; empty if it is that of none. */
    static Optional<String> device(String label) {
        if (!label.startsWith(CODED)) {
            return Optional.of(label).filter(plain -> PLAIN.matcher(plain).matches());
        }
        return decode(label.substring(CODED.length()))
                .filter(id -> of(id).filter(label::equals).isPresent()); // only one label for a device
    }

    private static String code(String text) {
        StringBuilder code = new StringBuilder();
        int held = 0;
        int bits = 0;
        for (byte next : text.getBytes(StandardCharsets.UTF_8)) {
            held = held << 8 | next & 0xff;
            for (bits += 8; bits >= BITS; bits -= BITS) {
                code.append(DIGITS.charAt(held >> bits - BITS & 31));
            }
            held &= (1 << bits) - 1;
        }
        if (bits > 0) {
            code.append(DIGITS.charAt(held << BITS - bits & 31));
        }
        return code.toString();
    }

    private static Optional<String> decode(String code) {
        ByteBuffer bytes = ByteBuffer.allocate(code.length());
        int held = 0;
        int bits = 0;
        for (int i = 0; i < code.length(); i++) {
            int digit = DIGITS.indexOf(code.charAt(i));
            if (digit < 0) {
                return Optional.empty();
            }
            held = held << BITS | digit;
            bits += BITS;
            if (bits >= 8) {
                bits -= 8;
                bytes.put((byte) (held >> bits));
                held &= (1 << bits) - 1;
            }
        }
        try {
            return Optional.of(
                    StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}

package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class DeviceIdPatternTest {

    private static boolean matches(String pattern, String deviceId) {
        return new DeviceIdPattern(pattern).matches(deviceId);
    }

    @Test
    void matches_star_matchesAnything() {
        assertThat(matches("*", "anything")).isTrue();
        assertThat(matches("plant-7/*", "plant-7/")).isTrue();
        assertThat(matches("plant-7/*", "plant-71/a")).isFalse();
        assertThat(matches("*-eu", "pump-eu")).isTrue();
        assertThat(matches("a*b*c", "abc")).isTrue();
        assertThat(matches("a*b*c", "a-b-b-c")).isTrue();
        assertThat(matches("a*b*c", "acb")).isFalse();
        assertThat(matches("aa*aa", "aaa")).as("ends do not overlap").isFalse();
        assertThat(matches("exact", "exact")).isTrue();
        assertThat(matches("exact", "exactly")).isFalse();
        assertThat(matches("a.c?[x]", "abc?[x]")).as("no other wildcard").isFalse();
        assertThat(matches("A*", "abc")).isFalse();
        assertThatThrownBy(() -> new DeviceIdPattern("")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void matches_manyRandom_agreesWithRegularExpressions() {
        Random random = new Random(7);
        int hits = 0;
        for (int i = 0; i < 100_000; i++) {
            String pattern = word(random, "ab*", 1 + random.nextInt(8));
            String deviceId = word(random, "ab", random.nextInt(12));
            boolean expected = Pattern.matches(pattern.replace("*", ".*"), deviceId);
            assertThat(matches(pattern, deviceId))
                    .as("%s on %s", pattern, deviceId)
                    .isEqualTo(expected);
            hits += expected ? 1 : 0;
        }
        assertThat(hits).isBetween(5_000, 95_000);
    }

    @Test
    void matches_patternWithManyStars_takesLinearTime() {
        String part = "a".repeat(50_000) + "b";
        DeviceIdPattern pattern = new DeviceIdPattern("*" + part + "*" + part + "*");
        String deviceId = "a".repeat(2_000_000);
        Assertions.assertTimeout(
                Duration.ofSeconds(10),
                () -> assertThat(pattern.matches(deviceId)).isFalse());
    }

    private static String word(Random random, String alphabet, int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return word.toString();
    }
}

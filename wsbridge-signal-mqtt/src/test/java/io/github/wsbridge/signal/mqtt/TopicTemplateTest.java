package io.github.wsbridge.signal.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicTemplateTest {

    private static final TopicTemplate TEMPLATE = TopicTemplate.parse(MqttBroker.INVITATION_TOPIC, "{deviceId}");

    @ParameterizedTest
    @CsvSource({
        "device-1, device-1",
        "AZaz09-_.~:, AZaz09-_.~:",
        "+, %2B",
        "#, %23",
        "a/b, a%2Fb",
        "$SYS, %24SYS",
        "%2B, %252B",
        "a b, a%20b",
        "ü, %C3%BC",
        "{deviceId}, %7BdeviceId%7D",
    })
    void of_name_isEscaped(String name, String escaped) {
        assertThat(TEMPLATE.of(name)).isEqualTo("wsbridge/v1/devices/" + escaped + "/invitations");
    }

    @Test
    void of_nul_isEscaped() {
        assertThat(TopicTemplate.escape("a\0b")).isEqualTo("a%00b");
    }

    @Test
    void of_anyNames_haveDistinctTopicsWithoutWildcards() {
        Random random = new Random(4711);
        Map<String, String> names = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            String name = name(random);
            String topic = TEMPLATE.of(name);
            String level = topic.split("/", -1)[3];
            assertThat(topic).isEqualTo("wsbridge/v1/devices/" + level + "/invitations");
            assertThat(level).matches("[A-Za-z0-9_.~:%-]+");
            assertThat(URLDecoder.decode(level, StandardCharsets.UTF_8)).isEqualTo(name);
            assertThat(TEMPLATE.matches(topic)).isTrue();
            String other = names.put(topic, name);
            assertThat(other == null || other.equals(name)).isTrue();
        }
    }

    /** Short ids, mostly of special characters, so that similar pairs are drawn often. */
    private static String name(Random random) {
        StringBuilder name = new StringBuilder();
        int length = 1 + random.nextInt(5);
        for (int i = 0; i < length; i++) {
            switch (random.nextInt(4)) {
                case 0 -> name.append("+#/$%\0 .~".charAt(random.nextInt(9)));
                case 1 -> name.append("2BFacé\u0000\u007f\u00ff".charAt(random.nextInt(9)));
                case 2 -> name.append((char) random.nextInt(0xd800));
                default -> name.appendCodePoint(0x10000 + random.nextInt(0x100000));
            }
        }
        return name.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\ud800", "a\udc00b"})
    void of_badName_isRefused(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> TEMPLATE.of(name));
    }

    @Test
    void of_longName_fitsOrIsRefused() {
        int around = TEMPLATE.before().length() + TEMPLATE.after().length();
        assertThat(TEMPLATE.of("a".repeat(65_535 - around))).hasSize(65_535);
        assertThatIllegalArgumentException().isThrownBy(() -> TEMPLATE.of("a".repeat(65_536 - around)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "none",
                "{deviceId}/{deviceId}",
                "$share/x/{deviceId}",
                "a/+/{deviceId}",
                "a/{deviceId}/#",
                "a\0/{deviceId}",
                "\ud800/{deviceId}"
            })
    void parse_badTemplate_isRefused(String template) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MqttBroker.builder(URI.create("mqtt://localhost"))
                        .invitationTopic(template)
                        .build());
    }

    @Test
    void matches_otherTopics_returnsFalse() {
        TopicTemplate answers = TopicTemplate.parse(MqttBroker.ANSWER_TOPIC, "{nodeId}");
        assertThat(answers.matches("wsbridge/v1/nodes/0af3/answers")).isTrue();
        for (String other : List.of(
                "",
                "alarm/off",
                "wsbridge/v1/nodes//answers",
                "wsbridge/v1/nodes/answers",
                "wsbridge/v1/nodes/a/b/answers",
                "wsbridge/v1/nodes/+/answers",
                "wsbridge/v1/nodes/a/answers/b",
                "wsbridge/v1/devices/a/invitations")) {
            assertThat(answers.matches(other)).as(other).isFalse();
        }
    }
}

package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

final class HearOptionsTest {

    private static final String OTHERS =
            "--mqtt-server=mqtts://broker --nats-server=tls://a,tls://b --redis-server=rediss://c";

    @Command(name = "hear")
    private static final class Hearer {
        @Mixin
        HearOptions options;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | ws://node:1",
                "--signal=mqtt | mqtts://broker",
                "--signal=iothub | its IoT hub",
                "--signal=nats | tls://a or tls://b",
                "--signal=redis | rediss://c",
                "--signal=listen,mqtt | ws://node:1 or mqtts://broker",
                "--signal=iothub --signal=listen | its IoT hub or ws://node:1",
            })
    void places_nameTheSourcesOfInvitations(String signal, String expected) {
        Hearer hearer = new Hearer();
        new CommandLine(hearer)
                .registerConverter(Duration.class, Quantities::duration)
                .parseArgs(Stream.concat(Stream.of(signal.split(" ")), Stream.of(OTHERS.split(" ")))
                        .filter(argument -> !argument.isEmpty())
                        .toArray(String[]::new));
        assertThat(hearer.options.places("ws://node:1")).isEqualTo(expected);
    }
}

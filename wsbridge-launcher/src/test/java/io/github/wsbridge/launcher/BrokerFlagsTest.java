package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with the flags of {@code --signal nats} and {@code --signal redis}. */
final class BrokerFlagsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nats | '' | --signal nats requires --nats-server URL",
                "redis | '' | --signal redis requires --redis-server URL",
                "nats | --nats-server=nats://me:secret@host | must not contain a user or a password: see --nats-user",
                "redis | --redis-server=rediss://:secret@host | must not contain a user or a password",
                "nats | --nats-server=mqtt://host | --nats-server must be nats://HOST[:PORT] or tls://HOST[:PORT]",
                "redis | --redis-server=redis://host/7 | must be redis://HOST[:PORT] or rediss://HOST[:PORT]",
                "nats | --nats-server=nats://host:0 | --nats-server must be nats://HOST[:PORT] or tls://HOST[:PORT]",
                "redis | --redis-server=redis://host:65536 | must be redis://HOST[:PORT] or rediss://HOST[:PORT]",
                "nats | --nats-server=nats://a,tls://b | either all or none of them must be tls://",
                "nats | --nats-server=nats://a --nats-ca=f | --nats-ca and --nats-cert require a server with tls://",
                "redis | --redis-server=rediss://a --redis-key=f | --redis-key requires --redis-cert FILE",
                "redis | --redis-server=redis://a --redis-user=me | --redis-user requires --redis-password-file FILE",
            })
    void wrongFlags_areNamed(String kind, String flags, String expected) throws Exception {
        String command = "device --server ws://127.0.0.1:1 --id d --target t=127.0.0.1:1 --signal " + kind;
        try (Run device =
                Run.of(Stream.of((command + " " + flags).strip().split(" ")).toArray(String[]::new))) {
            assertThat(device.code()).isEqualTo(2);
            assertThat(device.err()).contains(expected).doesNotContain("secret");
        }
    }
}

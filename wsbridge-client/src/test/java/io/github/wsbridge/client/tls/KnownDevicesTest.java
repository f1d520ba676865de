package io.github.wsbridge.client.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.testkit.transport.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownDevicesTest {

    @TempDir
    Path folder;

    private final List<String> told = new CopyOnWriteArrayList<>();
    private List<X509Certificate> one;
    private List<X509Certificate> other;
    private Path file;
    private KnownDevices known;

    @BeforeEach
    void create() throws Exception {
        TestAuthority authority = TestAuthority.shared("end to end");
        one = authority.issue("CN=device", "dns:device-1").chain();
        other = authority.issue("CN=impostor", "dns:device-1").chain();
        file = folder.resolve("known_devices");
        known = new KnownDevices(file, (id, key, where) -> told.add(id + " " + key + " " + where));
    }

    @Test
    void file_isReadableByItsOwnerOnly() throws Exception {
        known.check("pi 7/ä", one);
        assertThat(Files.readString(file)).isEqualTo("pi%207%2F%C3%A4 " + Fingerprint.of(one.get(0)) + "\n");
        assertThat(told).containsExactly("pi 7/ä " + Fingerprint.of(one.get(0)) + " " + file);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        known.check("pi 7/ä", one);
        assertThat(told).hasSize(1);
    }

    @Test
    void anyOfADevicesLines_counts() throws Exception {
        Files.writeString(
                file,
                "# ours\n\n a " + Fingerprint.of(one.get(0)) + "=\r\na\t" + Fingerprint.of(other.get(0)) + "\nb "
                        + Fingerprint.of(other.get(0)));
        known.check("a", one);
        known.check("a", other);
        known.check("b", other);
        known.check("c", one);
        assertThat(told).hasSize(1);
        assertThat(Files.readString(file)).endsWith("\nc " + Fingerprint.of(one.get(0)) + "\n");
        assertThatThrownBy(() -> known.check("b", one))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("THE KEY OF DEVICE b HAS CHANGED: it is " + Fingerprint.of(one.get(0)))
                .hasMessageContaining("\"b \" from " + file);
    }

    @Test
    void fileThatCannotBeUsed_meansNoTrust() throws Exception {
        Files.writeString(file, "a SHA256:short\n");
        assertThatThrownBy(() -> known.check("a", one))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("not a fingerprint");
        Files.writeString(file, "a b c\n");
        assertThatThrownBy(() -> known.check("a", one))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("line 1");
        KnownDevices nowhere = new KnownDevices(folder.resolve("missing/file"), (id, key, where) -> told.add(id));
        assertThatThrownBy(() -> nowhere.check("a", one)).isInstanceOf(UntrustedException.class);
        assertThat(told).isEmpty();
    }

    @Test
    void manyAtOnce_trustOneKeyOnly_andLoseNoDevice() throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<String> trusted = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 16; i++) {
            boolean first = i % 2 == 0;
            String own = "device-" + i;
            Thread thread = new Thread(() -> {
                try {
                    known.check(own, one);
                    known.check("shared", first ? one : other);
                    trusted.add(first ? "one" : "other");
                } catch (UntrustedException e) {
                    assertThat(e).hasMessageContaining("shared HAS CHANGED");
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join(30_000);
        }
        assertThat(trusted).hasSize(8).containsOnly(trusted.get(0));
        assertThat(told).hasSize(17);
        assertThat(Files.readAllLines(file)).hasSize(17);
    }
}

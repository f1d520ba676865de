package io.github.wsbridge.client.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.testkit.transport.TestAuthority;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTrustTest {

    @ParameterizedTest
    @CsvSource({
        "dns:pi-7,                      pi-7,     true",
        "dns:pi-7,                      PI-7,     false",
        "dns:pi-7,                      pi-70,    false",
        "dns:*.fleet,                   pi-7.fleet, false",
        "uri:urn:wsbridge:device:pi%207%2Fa, pi 7/a, true",
        "uri:urn:wsbridge:device:pi%207%2Fa, pi 7/b, false",
        "uri:urn:other:device:pi-7,     pi-7,     false",
        "email:pi-7,                    pi-7,     false"
    })
    void authority_vouchesForExactlyTheDeviceThatTheCertificateNames(String name, String id, boolean trusted)
            throws Exception {
        TestAuthority authority = TestAuthority.shared("end to end");
        TestAuthority.Issued issued = authority.issue("CN=" + "pi-7", name);
        DeviceTrust fleet = DeviceTrust.authorities(List.of(authority.certificate()));
        if (trusted) {
            assertThatCode(() -> fleet.check(id, issued.chain())).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> fleet.check(id, issued.chain()))
                    .isInstanceOf(UntrustedException.class)
                    .hasMessageContaining("THE CERTIFICATE IS NOT FOR DEVICE " + id);
        }
    }

    @Test
    void authority_doesNotVouchByTheCommonName_orAfterTheEnd() throws Exception {
        TestAuthority authority = TestAuthority.shared("end to end");
        DeviceTrust fleet = DeviceTrust.authorities(List.of(authority.certificate()));
        TestAuthority.Issued unnamed = authority.issue("CN=pi-7");
        assertThatThrownBy(() -> fleet.check("pi-7", unnamed.chain())).isInstanceOf(UntrustedException.class);
        TestAuthority.Issued old =
                authority.issueWith("CN=old", "-ext", "san=dns:pi-7", "-startdate", "-10d", "-validity", "5");
        assertThatThrownBy(() -> fleet.check("pi-7", old.chain()))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("NO TRUSTED AUTHORITY VOUCHES FOR DEVICE pi-7");
    }

    @Test
    void pins_countWhateverTheCertificateSays() throws Exception {
        TestAuthority authority = TestAuthority.shared("end to end");
        TestAuthority.Issued old = authority.issueWith("CN=old", "-startdate", "-10d", "-validity", "5");
        Fingerprint pin = Fingerprint.of(old.certificate());
        DeviceTrust pinned = DeviceTrust.pins(Set.of(Fingerprint.parse(pin.toString())));
        assertThatCode(() -> pinned.check("anything", old.chain())).doesNotThrowAnyException();
        assertThat(Fingerprint.parse(pin + "=")).isEqualTo(pin);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "SHA256:", "SHA256:AAAA", "SHA1:AAAA", "SHA256:!", "sha256:AAAA"})
    void fingerprint_malformed_isRefused(String text) {
        assertThatThrownBy(() -> Fingerprint.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected SHA256: and 43 characters");
    }
}

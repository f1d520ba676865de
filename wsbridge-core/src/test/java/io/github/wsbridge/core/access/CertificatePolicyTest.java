package io.github.wsbridge.core.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Query;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.AccessPolicy.AccessRequest;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.FakeClock;
import io.github.wsbridge.testkit.transport.TestAuthority;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CertificatePolicyTest {

    private static final String PROXY = "192.0.2.1:4000";
    private static final String CLIENT = "198.51.100.9:4000";

    private static TestAuthority authority;
    private static TestAuthority.Issued device;
    private static TestAuthority.Issued wildcard;
    private static TestAuthority.Issued stranger;

    private final AtomicReference<CertificateRules> rules = new AtomicReference<>();
    private final AtomicReference<ClientTrust> trust = new AtomicReference<>();
    private final FakeClock clock = new FakeClock();

    @BeforeAll
    static void issue() throws Exception {
        authority = TestAuthority.create();
        device = authority.issue(
                "CN=device-1, OU=Lab", "dns:PI-7.devices.example.com", "dns:other.example.com", "uri:urn:fleet:pi-7");
        wildcard = authority.issue("CN=*", "dns:*.devices.example.com");
        stranger = TestAuthority.create().issue("CN=device-1");
    }

    private AccessPolicy policy(String... lines) throws Exception {
        rules.set(CertificateRules.parse(List.of(lines)));
        trust.set(ClientTrust.of(List.of(authority.certificate())));
        return CertificatePolicy.builder(rules::get, trust::get)
                .proxies(List.of("192.0.2.0/24"), CertificatePolicy.FIELD)
                .clock(clock)
                .build();
    }

    private static Access ask(AccessPolicy policy, Action action, String deviceId, X509Certificate... chain) {
        return ask(policy, action, deviceId, new Peer(CLIENT, List.of(chain)), Map.of());
    }

    private static Access ask(
            AccessPolicy policy, Action action, String deviceId, Peer peer, Map<String, List<String>> fields) {
        Headers headers = name -> fields.getOrDefault(name, List.of());
        return policy.check(new AccessRequest(action, deviceId, Query.parse(null), headers, peer))
                .toCompletableFuture()
                .join();
    }

    private static int status(Access access) {
        return access instanceof Access.Denied denied ? denied.status() : 200;
    }

    @ParameterizedTest
    @CsvSource({
        "device dns:*.devices.example.com,             LISTEN,  pi-7,     200",
        "device dns:*.devices.example.com,             LISTEN,  pi-8,     403",
        "device dns:*.devices.example.com,             LISTEN,  other,    403",
        "device dns:*.devices.example.com,             CONNECT, pi-7,     403",
        "device dns:other.example.com,                 LISTEN,  other.example.com, 200",
        "device cn:*,                                  LISTEN,  device-1, 200",
        "device cn:*,                                  LISTEN,  device-2, 403",
        "device cn:*,                                  LISTEN,  pi-7,     403",
        "device cn:device-*,                           LISTEN,  1,        200",
        "device cn:device-*  {name},                   LISTEN,  device-1, 200",
        "device uri:urn:fleet:*  site-{*}-*,           LISTEN,  site-pi-7-a, 200",
        "device uri:urn:fleet:*  site-{*}-*,           LISTEN,  site-pi-8-a, 403",
        "requester cn:device-1,                        CONNECT, any,      200",
        "requester cn:device-1 lab-*,                  CONNECT, lab-1,    200",
        "requester cn:device-1 lab-*,                  CONNECT, any,      403",
        "requester cn:device-1,                        LISTEN,  any,      403",
        "requester cn:device-1,                        EXPOSE,  any,      403",
        "requester cn:Device-1,                        CONNECT, any,      401",
        "requester dns:device-1,                       CONNECT, any,      401",
        "requester cn:device,                          CONNECT, any,      401",
        "device dns:*.example.org,                     LISTEN,  pi-7,     401",
    })
    void rules_decideByTheChosenName(String rule, Action action, String deviceId, int status) throws Exception {
        assertThat(status(ask(policy(rule), action, deviceId, device.certificate())))
                .isEqualTo(status);
    }

    @Test
    void granted_namesTheClientByTheNameThatCounted() throws Exception {
        assertThat(ask(policy("device dns:*.devices.example.com"), Action.LISTEN, "pi-7", device.certificate()))
                .isInstanceOfSatisfying(
                        Access.Granted.class,
                        granted -> assertThat(granted.principal()).isEqualTo("dns:pi-7.devices.example.com"));
    }

    @Test
    void certificateForAllHosts_identifiesNobody() throws Exception {
        AccessPolicy policy = policy("device dns:*.devices.example.com", "device cn:*", "requester cn:*");
        assertThat(status(ask(policy, Action.LISTEN, "pi-7", wildcard.certificate())))
                .isEqualTo(401);
        assertThat(status(ask(policy, Action.LISTEN, "*", wildcard.certificate())))
                .isEqualTo(401);
    }

    @Test
    void signedUrl_inANameThatIdentifiesNobody_is401() throws Exception {
        AccessPolicy policy = policy("requester cn:* {*}");
        for (String principal : List.of("cn:*", "cn:a*", "cn", "alice", "dns:alice")) {
            Query query = Query.parse("principal=" + principal);
            AccessRequest request =
                    new AccessRequest(Action.CONNECT_SIGNED, "any", query, name -> List.of(), new Peer(CLIENT));
            assertThat(status(policy.check(request).toCompletableFuture().join()))
                    .isEqualTo(401);
        }
    }

    @Test
    void noCertificate_orOneOfAnotherAuthority_is401() throws Exception {
        AccessPolicy policy = policy("device cn:*");
        assertThat(status(ask(policy, Action.LISTEN, "device-1"))).isEqualTo(401);
        assertThat(status(ask(policy, Action.LISTEN, "device-1", stranger.certificate())))
                .isEqualTo(401);
    }

    @Test
    void authorityRemoved_orRuleRemoved_orExpired_isNoLongerValid() throws Exception {
        AccessPolicy policy = policy("device cn:*");
        Access.Granted granted = (Access.Granted) ask(policy, Action.LISTEN, "device-1", device.certificate());
        assertThat(granted.valid().getAsBoolean()).isTrue();

        ClientTrust before = trust.get();
        trust.set(ClientTrust.of(List.of(stranger.chain().get(1))));
        assertThat(granted.valid().getAsBoolean()).isFalse();
        trust.set(
                ClientTrust.of(List.of(authority.certificate(), stranger.chain().get(1))));
        assertThat(granted.valid().getAsBoolean()).isTrue();
        trust.set(before);

        rules.set(CertificateRules.parse(List.of("device dns:*.devices.example.com")));
        assertThat(granted.valid().getAsBoolean()).isFalse();
        rules.set(CertificateRules.parse(List.of("device cn:*")));
        assertThat(granted.valid().getAsBoolean()).isTrue();

        clock.advance(Duration.between(
                        clock.instant(), device.certificate().getNotAfter().toInstant())
                .plusSeconds(1));
        assertThat(granted.valid().getAsBoolean()).isFalse();
    }

    @Test
    void revoked_isRefused() throws Exception {
        AccessPolicy policy = policy("device cn:*");
        TestAuthority.Issued lost = authority.issue("CN=lost");
        assertThat(status(ask(policy, Action.LISTEN, "lost", lost.certificate())))
                .isEqualTo(200);
        trust.set(ClientTrust.of(List.of(authority.certificate()), List.of(authority.revoke(lost.certificate()))));
        assertThat(status(ask(policy, Action.LISTEN, "lost", lost.certificate())))
                .isEqualTo(401);
        assertThat(status(ask(policy, Action.LISTEN, "device-1", device.certificate())))
                .isEqualTo(200);
        trust.set(ClientTrust.of(List.of(authority.certificate()), List.of())); // nobody knows
        assertThat(status(ask(policy, Action.LISTEN, "device-1", device.certificate())))
                .isEqualTo(401);
    }

    private static String base64() throws Exception {
        return Base64.getEncoder().encodeToString(device.certificate().getEncoded());
    }

    private static String pem() throws Exception {
        String pem = Files.readString(device.certificateFile());
        return pem.substring(0, pem.indexOf("-----END") + "-----END CERTIFICATE-----\n".length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"RFC 9440", "nginx", "Apache", "HAProxy"})
    void header_ofAProxy_isBelieved(String form) throws Exception {
        String value = switch (form) {
            case "RFC 9440" -> ":" + base64() + ":";
            case "nginx" -> URLEncoder.encode(pem(), StandardCharsets.US_ASCII).replace("+", "%20");
            case "Apache" -> pem().strip().replace('\n', ' ');
            default -> base64();
        };
        AccessPolicy policy = policy("device cn:*");
        Map<String, List<String>> fields = Map.of("Client-Cert", List.of(value));
        assertThat(status(ask(policy, Action.LISTEN, "device-1", new Peer(PROXY), fields)))
                .isEqualTo(200);
        assertThat(status(ask(policy, Action.LISTEN, "device-1", new Peer(CLIENT), fields)))
                .as("from anybody else")
                .isEqualTo(401);
        assertThat(status(ask(policy, Action.LISTEN, "device-1", new Peer(""), fields)))
                .isEqualTo(401);
    }

    @Test
    void header_ofACertificateThatIsNotTrusted_is401() throws Exception {
        String value = Base64.getEncoder().encodeToString(stranger.certificate().getEncoded());
        assertThat(status(ask(
                        policy("device cn:*"),
                        Action.LISTEN,
                        "device-1",
                        new Peer(PROXY),
                        Map.of("Client-Cert", List.of(value)))))
                .isEqualTo(401);
    }

    @Test
    void proxysOwnCertificate_isNotTheClients() throws Exception {
        Peer proxy = new Peer(PROXY, List.of(device.certificate()));
        assertThat(status(ask(policy("device cn:*"), Action.LISTEN, "device-1", proxy, Map.of())))
                .isEqualTo(401);
    }

    @Test
    void headerTwice_orGarbled_is401() throws Exception {
        AccessPolicy policy = policy("device cn:*");
        for (List<String> values : List.of(
                List.of(base64(), base64()),
                List.of(""),
                List.of("::"),
                List.of("%zz"),
                List.of("-----BEGIN%2"),
                List.of("AAAA"),
                List.of(base64().substring(8)))) {
            assertThat(status(ask(policy, Action.LISTEN, "device-1", new Peer(PROXY), Map.of("Client-Cert", values))))
                    .isEqualTo(401);
        }
    }

    @Test
    void intermediatesInTheHeader_completeTheChain() throws Exception {
        AccessPolicy policy = policy("device cn:*");
        String issuer =
                ":" + Base64.getEncoder().encodeToString(authority.certificate().getEncoded()) + ":";
        assertThat(status(ask(
                        policy,
                        Action.LISTEN,
                        "device-1",
                        new Peer(PROXY),
                        Map.of("Client-Cert", List.of(":" + base64() + ":"), "Client-Cert-Chain", List.of(issuer)))))
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "device",
                "admin cn:*",
                "device name:*",
                "device *",
                "device cn:",
                "device cn:*-*",
                "device cn:a {*}",
                "device cn:* {*}{name}",
                "device cn:* a b"
            })
    void badRule_isRefusedWithItsLine(String rule) {
        assertThatThrownBy(() -> CertificateRules.parse(List.of("# rules", "", rule)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("line 3: ");
    }

    @Test
    void chain_firstThatKnowsTheCredentialDecides() {
        AccessPolicy unknown = fixed(new Access.Denied(401));
        AccessPolicy forbidden = fixed(new Access.Denied(403));
        AccessPolicy granted = fixed(new Access.Granted("x"));
        assertThat(status(ask(PolicyChain.of(List.of(unknown, granted)), Action.LISTEN, "d")))
                .isEqualTo(200);
        assertThat(status(ask(PolicyChain.of(List.of(forbidden, granted)), Action.LISTEN, "d")))
                .isEqualTo(403);
        assertThat(status(ask(PolicyChain.of(List.of(granted, forbidden)), Action.LISTEN, "d")))
                .isEqualTo(200);
        assertThat(status(ask(PolicyChain.of(List.of(unknown, unknown)), Action.LISTEN, "d")))
                .isEqualTo(401);
        assertThat(PolicyChain.of(List.of(granted))).isSameAs(granted);
    }

    private static AccessPolicy fixed(Access access) {
        return request -> CompletableFuture.completedFuture(access);
    }
}

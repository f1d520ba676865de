package io.github.wsbridge.core.admission;

import static io.github.wsbridge.core.TestCluster.A;
import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonParser;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.core.access.CertificatePolicy;
import io.github.wsbridge.core.access.CertificateRules;
import io.github.wsbridge.core.access.ClientTrust;
import io.github.wsbridge.core.access.PolicyChain;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.transport.TestAuthority;
import java.net.URI;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node with three policies behind a proxy that ends TLS. */
class SeveralPoliciesTest {

    private static final String PROXY = "10.0.0.1:4000";
    private static final String LISTEN = "deviceId=pi-7";
    private static final Map<String, String> NOTHING = Map.of();
    private static final Map<String, String> KEY = Map.of(Endpoints.API_KEY_HEADER, "key");
    private static final Map<String, String> TOKEN = Map.of("Authorization", "Bearer good");

    private static TestAuthority authority;
    private static TestAuthority.Issued device;
    private static Map<String, String> alice;
    private static Map<String, String> pi7;
    private static Map<String, String> pi8;

    private final TestCluster cluster = new TestCluster();
    private final AtomicReference<CertificateRules> rules =
            new AtomicReference<>(CertificateRules.parse(List.of("requester cn:alice pi-7", "device cn:pi-*  pi-{*}")));
    private BridgeNode node;

    @BeforeAll
    static void issue() throws Exception {
        authority = TestAuthority.create();
        device = authority.issue("CN=pi-7");
        alice = header(authority.issue("CN=alice"));
        pi7 = header(device);
        pi8 = header(authority.issue("CN=pi-8"));
    }

    private static Map<String, String> header(TestAuthority.Issued issued) throws Exception {
        String der = Base64.getEncoder().encodeToString(issued.certificate().getEncoded());
        return Map.of(CertificatePolicy.FIELD, ":" + der + ":");
    }

    @BeforeEach
    void start() throws Exception {
        ClientTrust trust = ClientTrust.of(List.of(authority.certificate()));
        AccessPolicy tokens = request -> CompletableFuture.supplyAsync(() -> request.action() == Action.CONNECT
                        && request.headers().only("Authorization").equals("Bearer good")
                ? new Access.Granted("carol")
                : new Access.Denied(401));
        AccessPolicy chain = PolicyChain.of(List.of(
                ApiKeyPolicy.parse(List.of("bob requester " + ApiKeyPolicy.hash("key") + " pi-7")),
                tokens,
                CertificatePolicy.builder(rules::get, () -> trust)
                        .proxies(List.of("10.0.0.0/8"), CertificatePolicy.FIELD)
                        .build()));
        node = cluster.node(
                A,
                builder -> builder.accessPolicy(chain)
                        .acceptCredential(true)
                        .proxies(List.of("10.0.0.0/8"))
                        .signaller(cluster.signaller)
                        .listener(cluster.events));
    }

    private int ask(String path, String query, Map<String, String> fields) {
        return status(admit("GET", path, query, new Peer(PROXY), fields));
    }

    private Admission admit(String method, String path, String query, Peer peer, Map<String, String> fields) {
        Map<String, String> all = new HashMap<>(fields);
        all.putIfAbsent("X-Forwarded-For", "198.51.100.1");
        return node.admit(new Handshake(
                        method,
                        path,
                        query,
                        method.equals("GET"),
                        name -> all.containsKey(name) ? List.of(all.get(name)) : List.of(),
                        peer))
                .toCompletableFuture()
                .join();
    }

    private static int status(Admission admission) {
        return admission instanceof Admission.Refused refused ? refused.status() : 101;
    }

    @Test
    void certificate_isThatOfTheClient_notOfTheProxy_norAClientsOwnWord() {
        assertThat(ask(Endpoints.LISTEN, LISTEN, pi7)).isEqualTo(101);
        assertThat(ask(Endpoints.LISTEN, LISTEN, pi8)).isEqualTo(403);
        assertThat(ask(Endpoints.LISTEN, LISTEN, NOTHING)).isEqualTo(401);
        Peer proxy = new Peer(PROXY, List.of(device.certificate()));
        assertThat(status(admit("GET", Endpoints.LISTEN, LISTEN, proxy, NOTHING)))
                .isEqualTo(401);
        Peer direct = new Peer("198.51.100.1:5");
        assertThat(status(admit("GET", Endpoints.LISTEN, LISTEN, direct, pi7))).isEqualTo(401);
        Peer own = new Peer("198.51.100.1:5", List.of(device.certificate()));
        assertThat(status(admit("GET", Endpoints.LISTEN, LISTEN, own, pi8))).isEqualTo(101);
        Map<String, String> spoofed = new HashMap<>(pi7);
        spoofed.put("X-Forwarded-For", "10.0.0.1");
        assertThat(status(admit("GET", Endpoints.LISTEN, LISTEN, direct, spoofed)))
                .isEqualTo(401);
    }

    @Test
    void severalCredentials_theFirstThatIsKnownDecides() {
        Map<String, String> both = new HashMap<>(pi7);
        both.put(Endpoints.API_KEY_HEADER, "wrong");
        assertThat(ask(Endpoints.LISTEN, LISTEN, both)).isEqualTo(101);
        both.put(Endpoints.API_KEY_HEADER, "key");
        assertThat(ask(Endpoints.LISTEN, LISTEN, both)).as("a requester's key").isEqualTo(403);
    }

    private URI signed(Map<String, String> credential) throws Exception {
        Admission.Refused answer =
                (Admission.Refused) admit("POST", Endpoints.SIGNED_URL, "deviceId=pi-7", new Peer(PROXY), credential);
        assertThat(answer.status()).isEqualTo(200);
        return URI.create(JsonParser.object().from(answer.reason()).getString("url"));
    }

    @Test
    void signedUrl_isForThePolicyThatKnowsItsPrincipal_whoeverUsesIt() throws Exception {
        URI bobs = signed(KEY);
        URI alices = signed(alice);
        assertThat(alices.getQuery()).contains("principal=cn:alice");
        for (Map<String, String> user : List.of(NOTHING, KEY, TOKEN, pi8)) {
            assertThat(ask(Endpoints.CONNECT, bobs.getRawQuery(), user)).isEqualTo(101);
            assertThat(ask(Endpoints.CONNECT, alices.getRawQuery(), user)).isEqualTo(101);
        }
        rules.set(CertificateRules.parse(List.of("requester cn:alice pi-8")));
        assertThat(ask(Endpoints.CONNECT, alices.getRawQuery(), alice)).isEqualTo(403);
        rules.set(CertificateRules.parse(List.of()));
        assertThat(ask(Endpoints.CONNECT, alices.getRawQuery(), NOTHING))
                .as("no credential would help")
                .isEqualTo(403);
        assertThat(ask(Endpoints.CONNECT, bobs.getRawQuery(), NOTHING)).isEqualTo(101);
    }

    @Test
    void signedUrl_forACredentialThatNobodyCanCheckLater_isRefused() {
        assertThat(ask(Endpoints.CONNECT, "deviceId=pi-7", TOKEN)).isEqualTo(101);
        assertThat(status(admit("POST", Endpoints.SIGNED_URL, "deviceId=pi-7", new Peer(PROXY), TOKEN)))
                .isEqualTo(403);
        assertThat(status(admit("POST", Endpoints.SIGNED_URL, "deviceId=pi-8", new Peer(PROXY), alice)))
                .isEqualTo(403);
    }

    @Test
    void accept_needsTheDevicesCertificate_besideTheToken() throws Exception {
        TestCluster.request(node, "pi-7", "");
        String accept = cluster.signaller.take(TestCluster.PATIENCE).acceptUrl().getRawQuery();
        assertThat(ask(Endpoints.ACCEPT, accept, NOTHING)).isEqualTo(401);
        for (Map<String, String> other : List.of(pi8, alice, KEY)) {
            assertThat(ask(Endpoints.ACCEPT, accept, other)).isEqualTo(403);
        }
        assertThat(ask(Endpoints.ACCEPT, accept, pi7)).isEqualTo(101);
        Map<String, String> asNode = new HashMap<>(pi8);
        asNode.put(Endpoints.NODE_HEADER, "x");
        assertThat(ask(Endpoints.ACCEPT, accept, asNode))
                .as("a bad node credential")
                .isEqualTo(403);
    }
}

package io.github.wsbridge.core.admission;

import static io.github.wsbridge.core.TestCluster.A;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingListener;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Refusals before the upgrade, and their status codes. */
class AdmissionsTest {

    private static final String SECRET = "S3cret";

    private final TestCluster cluster = new TestCluster();
    private AccessPolicy policy = request -> CompletableFuture.completedFuture(new Access.Granted("me"));
    private final BridgeNode node = cluster.node(
            A,
            builder -> builder.accessPolicy(request -> policy.check(request))
                    .signaller(cluster.signaller)
                    .listener(cluster.events)
                    .limits(Limits.builder()
                            .maxDeviceIdBytes(10)
                            .maxRequestDataBytes(20)
                            .maxBridges(1)
                            .build()));

    private CompletableFuture<Admission> admit(String path, String query, String... protocols) {
        return node.admit(new Handshake(
                        path,
                        query,
                        true,
                        name -> name.equalsIgnoreCase("Sec-WebSocket-Protocol") ? List.of(protocols) : List.of(),
                        new Peer("10.9.9.9")))
                .toCompletableFuture();
    }

    private int status(String path, String query) {
        Admission admission = admit(path, query).join();
        if (admission instanceof Admission.Refused refused) {
            assertThat(refused.reason()).isNotEmpty().hasSizeLessThan(100).doesNotContain(SECRET);
            RecordingListener.Event last =
                    cluster.events.events().get(cluster.events.events().size() - 1);
            assertThat(last).isEqualTo(new RecordingListener.Event("Refused", path, refused.status()));
            return refused.status();
        }
        return 101;
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "404, /, -",
                "404, /bridge, deviceId=d",
                "404, /bridge/connect/, deviceId=d",
                "404, /bridge/connect/S3cret, -",
                "404, //bridge/connect, deviceId=d",
                "404, /BRIDGE/connect, deviceId=d",
                "400, /bridge/connect, -",
                "400, /bridge/connect, ''",
                "400, /bridge/connect, deviceid=S3cret",
                "400, /bridge/connect, deviceId=",
                "400, /bridge/connect, deviceId",
                "101, /bridge/connect, deviceId=S3cret",
                "101, /bridge/connect, deviceId=d&other=x&requestData=",
                "101, /bridge/connect, deviceId=%64&requestData=%C3%A4+%20",
                "400, /bridge/connect, deviceId=S3cret&deviceId=S3cret",
                "400, /bridge/connect, deviceId=d&x=S3cret&x=S3cret",
                "400, /bridge/connect, deviceId=S3cret%",
                "400, /bridge/connect, deviceId=S3cret%4",
                "400, /bridge/connect, deviceId=S3cret%zz",
                "400, /bridge/connect, deviceId=S3cret%00",
                "400, /bridge/connect, deviceId=S3cret%0A",
                "400, /bridge/connect, deviceId=S3cret%C3",
                "400, /bridge/connect, deviceId=S3cret%C0%80",
                "400, /bridge/connect, deviceId=S3cret%ED%A0%80",
                "400, /bridge/connect, deviceId=S3cretä",
                "101, /bridge/connect, deviceId=1234567890",
                "400, /bridge/connect, deviceId=S3cret78901",
                "101, /bridge/connect, deviceId=%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4",
                "400, /bridge/connect, deviceId=%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4a",
                "101, /bridge/connect, deviceId=d&requestData=12345678901234567890",
                "400, /bridge/connect, deviceId=d&requestData=S3cret789012345678901",
                "400, /bridge/connect, deviceId=d&wait=",
                "400, /bridge/connect, deviceId=d&wait=S3cret",
                "400, /bridge/connect, deviceId=d&wait=True",
                "101, /bridge/connect, deviceId=d&wait=false",
                "101, /bridge/connect, deviceId=d&wait=true",
                "400, /bridge/listen, -",
                "101, /bridge/listen, deviceId=d",
                "400, /bridge/listen, deviceId=S3cret%0D",
                "400, /bridge/listen, deviceId=S3cret78901",
                "400, /bridge/accept, -",
                "400, /bridge/accept, bridgeToken=",
                "400, /bridge/accept, bridgeToken=S3cret!",
                "400, /bridge/accept, bridgeToken=S3cret%3D",
                "400, /bridge/accept, bridgeToken=S3cret&bridgeToken=S3cret",
                "101, /bridge/accept, bridgeToken=S3cret",
                "101, /bridge/accept, bridgeToken=S3cret&requestData=S3cret789012345678901",
                "101, /bridge/accept, bridgeToken=S3cret&rejectCode=0",
                "101, /bridge/accept, bridgeToken=S3cret&rejectCode=9999&rejectReason=no",
                "101, /bridge/accept, bridgeToken=S3cret&rejectReason=no",
                "400, /bridge/accept, bridgeToken=S3cret&rejectCode=",
                "400, /bridge/accept, bridgeToken=S3cret&rejectCode=10000",
                "400, /bridge/accept, bridgeToken=S3cret&rejectCode=-1",
                "400, /bridge/accept, bridgeToken=S3cret&rejectCode=S3cret",
                "400, /bridge/accept, bridgeToken=S3cret&rejectCode=%D9%A1",
            })
    void admit_pathAndQuery_decideTheStatus(int expected, String path, String query) {
        assertThat(status(path, query)).isEqualTo(expected);
    }

    @Test
    void probes_answerWithoutUpgradeAndCredentials_andAreNoRefusals() {
        policy = request -> CompletableFuture.completedFuture(new Access.Denied(401));
        assertThat(probe("/livez")).isEqualTo(new Admission.Refused(200, "ok"));
        assertThat(probe("/readyz")).isEqualTo(new Admission.Refused(200, "ok"));
        assertThat(cluster.events.events()).isEmpty();
        policy = request -> CompletableFuture.completedFuture(new Access.Granted("me"));
        TestCluster.request(node, "d", ""); // the node is full now
        assertThat(probe("/livez")).isEqualTo(new Admission.Refused(200, "ok"));
        assertThat(probe("/readyz")).isEqualTo(new Admission.Refused(503, "not ready"));
    }

    private Admission probe(String path) {
        return node.admit(new Handshake(path, null, false, name -> List.of(), new Peer("")))
                .toCompletableFuture()
                .join();
    }

    @Test
    void listen_admitted_isFoundBeforeItsLegOpens() {
        Admission.Later later =
                (Admission.Later) admit("/bridge/listen", "deviceId=d").join();
        RecordingReceiver requester = TestCluster.request(node, "d", "");
        assertThat(requester.closed())
                .as("neither refused nor passed to another channel")
                .isNull();
        assertThat(cluster.signaller.invitations()).isEmpty();
        FakeLeg device = new FakeLeg();
        ((Admission.Granted) later.decision().toCompletableFuture().join())
                .opened()
                .accept(device);
        assertThat(device.sent()).hasSize(1);
    }

    @Test
    void listen_admittedButLost_isNotFound() throws Exception {
        Admission.Later later =
                (Admission.Later) admit("/bridge/listen", "deviceId=d").join();
        TestCluster.request(node, "d", "");
        later.abandoned().run();
        assertThat(cluster.signaller.take(TestCluster.PATIENCE).deviceId())
                .as("the next channel")
                .isEqualTo("d");
    }

    @Test
    void admit_longToken_isRefused400() {
        assertThat(status("/bridge/accept", "bridgeToken=" + "t".repeat(1024))).isEqualTo(101);
        assertThat(status("/bridge/accept", "bridgeToken=" + "t".repeat(1025))).isEqualTo(400);
    }

    @Test
    void admit_notAnUpgrade_isRefused426() {
        for (String path : List.of("/bridge/connect", "/bridge/accept", "/bridge/listen", "/bridge/peer")) {
            Admission admission = node.admit(new Handshake(path, null, false, name -> List.of(), new Peer("")))
                    .toCompletableFuture()
                    .join();
            assertThat(((Admission.Refused) admission).status()).isEqualTo(426);
        }
    }

    @Test
    void admit_otherMethods_areRefused405() {
        for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS", "HEAD", "get", "TRACE")) {
            for (String path : List.of("/bridge/connect", "/bridge/accept", "/bridge/listen", "/bridge/peer")) {
                Admission.Refused refused = method(method, path);
                assertThat(refused.status()).as(method).isEqualTo(405);
                assertThat(refused.fields()).containsEntry("Allow", "GET");
            }
            assertThat(method(method, "/livez").status()).isEqualTo(method.equals("HEAD") ? 200 : 405);
            assertThat(method(method, "/elsewhere").status()).isEqualTo(404);
        }
        Admission.Refused refused = method("GET", "/bridge/signed-url");
        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.fields()).containsEntry("Allow", "POST");
    }

    private Admission.Refused method(String method, String path) {
        return (Admission.Refused)
                node.admit(new Handshake(method, path, "deviceId=d", false, name -> List.of(), new Peer("")))
                        .toCompletableFuture()
                        .join();
    }

    @Test
    void accept_withCredential_isForThePolicy_atTheNodeWhereTheDeviceArrives() throws Exception {
        List<String> asked = new CopyOnWriteArrayList<>();
        AccessPolicy asking = request -> {
            asked.add(request.action() + " " + request.deviceId());
            return policy.check(request);
        };
        List<BridgeNode> nodes = new ArrayList<>();
        for (NodeAddress address : List.of(A, TestCluster.B)) {
            nodes.add(cluster.node(
                    address,
                    builder ->
                            builder.acceptCredential(true).accessPolicy(asking).signaller(cluster.signaller)));
        }
        for (BridgeNode at : nodes) {
            RecordingReceiver requester = TestCluster.request(nodes.get(0), "pi-7", "");
            String query =
                    cluster.signaller.take(TestCluster.PATIENCE).acceptUrl().getRawQuery();
            for (int status : List.of(401, 403)) {
                policy = request -> CompletableFuture.completedFuture(new Access.Denied(status));
                for (String rejection : List.of("", "&rejectCode=403")) {
                    assertThat(acceptAt(at, query + rejection))
                            .isInstanceOfSatisfying(
                                    Admission.Refused.class,
                                    refused -> assertThat(refused.status()).isEqualTo(status));
                }
            }
            assertThat(requester.closed()).isNull();
            policy = request -> CompletableFuture.completedFuture(new Access.Granted("pi-7"));
            FakeLeg device = new FakeLeg();
            ((Admission.Granted) acceptAt(at, query)).opened().accept(device);
            assertThat(asked).isNotEmpty().allMatch("ACCEPT pi-7"::equals).hasSize(5);
            asked.clear();
        }
        FakeLeg stranger = new FakeLeg();
        ((Admission.Granted) acceptAt(nodes.get(0), "bridgeToken=nonsense"))
                .opened()
                .accept(stranger);
        assertThat(stranger.closes())
                .singleElement()
                .satisfies(reason -> assertThat(reason.code()).isEqualTo(4410));
        assertThat(asked).isEmpty();
    }

    @Test
    void accept_withCredential_tokenThatNamesNoDevice_isRefused() throws Exception {
        TestCluster.request(node, "d", "");
        String query = cluster.signaller.take(TestCluster.PATIENCE).acceptUrl().getRawQuery();
        BridgeNode strict = cluster.node(
                TestCluster.B,
                builder -> builder.acceptCredential(true).accessPolicy(request -> policy.check(request)));
        assertThat(((Admission.Refused) acceptAt(strict, query)).status()).isEqualTo(403);
    }

    private static Admission acceptAt(BridgeNode at, String query) {
        return at.admit(new Handshake(Endpoints.ACCEPT, query, true, name -> List.of(), new Peer("192.0.2.7:5")))
                .toCompletableFuture()
                .join();
    }

    @Test
    void admit_denied_isRefusedWithThePolicysStatus() {
        for (int status : List.of(401, 403, 429)) {
            policy = request -> CompletableFuture.completedFuture(new Access.Denied(status));
            assertThat(status("/bridge/connect", "deviceId=d")).isEqualTo(status);
            assertThat(status("/bridge/listen", "deviceId=d")).isEqualTo(status);
            assertThat(status("/bridge/accept", "bridgeToken=t")).isEqualTo(101);
        }
    }

    @Test
    void admit_policy_getsPrincipalAndRequest() {
        AccessPolicy.AccessRequest[] seen = new AccessPolicy.AccessRequest[1];
        policy = request -> {
            seen[0] = request;
            return CompletableFuture.completedFuture(new Access.Granted("me"));
        };
        admit("/bridge/connect", "deviceId=d");
        assertThat(seen[0].toString()).isEqualTo("CONNECT d from 10.9.9.9");
        admit("/bridge/listen", "deviceId=e");
        assertThat(seen[0].toString()).isEqualTo("LISTEN e from 10.9.9.9");
    }

    @Test
    void admit_brokenPolicy_isRefused503() {
        List<AccessPolicy> broken = List.of(
                request -> {
                    throw new IllegalStateException(SECRET);
                },
                request -> {
                    throw new IllegalArgumentException(SECRET);
                },
                request -> CompletableFuture.failedFuture(new IllegalStateException(SECRET)),
                request -> CompletableFuture.completedFuture(null),
                request -> null);
        for (AccessPolicy each : broken) {
            policy = each;
            try (LogCapture log = new LogCapture()) {
                assertThat(status("/bridge/connect", "deviceId=d")).isEqualTo(503);
                assertThat(log.loud()).hasSize(1);
            }
        }
    }

    @Test
    void admit_policyThatNeverAnswers_isRefused503InTime() {
        policy = request -> new CompletableFuture<>();
        CompletableFuture<Admission> admission = admit("/bridge/connect", "deviceId=d");
        cluster.scheduler.advance(Duration.ofMillis(9_999));
        assertThat(admission).isNotDone();
        try (LogCapture log = new LogCapture()) {
            cluster.scheduler.advance(Duration.ofMillis(1));
            assertThat(log.loud()).hasSize(1);
        }
        Admission.Refused refused = (Admission.Refused) admission.join();
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.retryAfter()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void admit_severalProblems_reportsTheFirstOnly() {
        TestCluster.request(node, "d", ""); // the node is full now
        policy = request -> CompletableFuture.completedFuture(new Access.Denied(401));
        assertThat(status("/nowhere", "deviceId=%")).isEqualTo(404);
        assertThat(status("/bridge/connect", "deviceId=%")).isEqualTo(400);
        assertThat(status("/bridge/connect", "deviceId=d"))
                .as("unauthenticated clients do not learn that the node is full")
                .isEqualTo(401);
        policy = request -> CompletableFuture.completedFuture(new Access.Granted("me"));
        assertThat(status("/bridge/connect", "deviceId=d")).isEqualTo(503);
        assertThat(status("/bridge/accept", "bridgeToken=t")).isEqualTo(101);
    }

    @Test
    void admit_subprotocol_isAgreedOnIfOffered() {
        assertThat(subprotocol()).isEmpty();
        assertThat(subprotocol("")).isEmpty();
        assertThat(subprotocol(",")).isEmpty();
        assertThat(subprotocol("wsbridge.v2")).isEmpty();
        assertThat(subprotocol("WSBRIDGE.V1")).as("names are case-sensitive").isEmpty();
        assertThat(subprotocol("wsbridge.v1")).isEqualTo("wsbridge.v1");
        assertThat(subprotocol("mqtt , wsbridge.v1\t,x")).isEqualTo("wsbridge.v1");
        assertThat(subprotocol("mqtt", "wsbridge.v1")).isEqualTo("wsbridge.v1");
    }

    @Test
    void admit_subprotocolNamedInTheUrl_isAgreedOnIfOffered() {
        for (String path : List.of("/bridge/connect?deviceId=d&", "/bridge/accept?bridgeToken=t&")) {
            String[] url = (path + "subprotocol=binary").split("\\?");
            assertThat(agreed(admit(url[0], url[1], "base64, binary"))).isEqualTo("binary");
            assertThat(agreed(admit(url[0], url[1], "wsbridge.v1", "binary"))).isEqualTo("binary");
            assertThat(agreed(admit(url[0], url[1], "base64"))).isEmpty();
            assertThat(agreed(admit(url[0], url[1], "wsbridge.v1"))).isEqualTo("wsbridge.v1");
            assertThat(agreed(admit(url[0], url[1]))).isEmpty();
        }
    }

    private static String agreed(CompletableFuture<Admission> admission) {
        return ((Admission.Granted) admission.join()).subprotocol();
    }

    private String subprotocol(String... offers) {
        return ((Admission.Granted)
                        admit("/bridge/connect", "deviceId=d", offers).join())
                .subprotocol();
    }

    @Test
    void handshake_toString_showsNoSecret() {
        Handshake handshake =
                new Handshake(Endpoints.ACCEPT, SECRET, true, name -> List.of(SECRET), new Peer("10.9.9.9"));
        assertThat(handshake.toString()).doesNotContain(SECRET);
    }
}

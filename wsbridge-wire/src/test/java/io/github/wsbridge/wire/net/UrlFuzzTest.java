package io.github.wsbridge.wire.net;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.Query;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/** Queries, URLs and addresses, as they come from anybody. What is not valid is an {@link IllegalArgumentException}. */
class UrlFuzzTest {

    private static final List<Consumer<String>> PARSERS = List.of(
            UrlFuzzTest::query,
            UrlFuzzTest::node,
            text -> Endpoints.base(URI.create(text)),
            text -> same(
                    HostPort.parse(text), HostPort.parse(HostPort.parse(text).toString())),
            StreamAddress::parse,
            IpNetwork::around,
            ProxyServer::parse);

    @FuzzTest(maxDuration = "1m")
    void anyText_isParsedOrRefused(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        for (Consumer<String> parser : PARSERS) {
            try {
                parser.accept(text);
            } catch (IllegalArgumentException e) {
                // refused
            }
        }
    }

    private static void query(String text) {
        Query query = Query.parse(text);
        for (String name : List.of(Endpoints.DEVICE_ID, Endpoints.REQUEST_DATA, Endpoints.BRIDGE_TOKEN)) {
            String value = query.get(name);
            if (value != null && value.length() > text.length()) {
                throw new AssertionError("a value that is longer than the query");
            }
        }
    }

    private static void node(String text) {
        NodeAddress address = NodeAddress.parse(text);
        same(address, NodeAddress.parse(address.toString()));
    }

    private static void same(Object one, Object other) {
        if (!one.equals(other)) {
            throw new AssertionError(one + " is read as " + other);
        }
    }
}

package io.github.wsbridge.embedding;

import io.github.wsbridge.embedding.application.TestNode;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

/** A part of a Helidon application: a node with a port of its own, which starts and stops with the application. */
final class BridgeService implements HttpService {

    private NettyBridgeServer server;
    private TestNode node;

    @Override
    public void beforeStart() {
        try {
            server = NettyBridgeServer.builder()
                    .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .bind();
            node = new TestNode(url());
            server.serve(node.door());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI url() {
        return URI.create("ws://127.0.0.1:" + server.address().getPort());
    }

    TestNode node() {
        return node;
    }

    /** A page of the application that says where the bridge is. */
    @Override
    public void routing(HttpRules rules) {
        rules.get("/bridge-url", (request, response) -> response.send(url().toString()));
    }

    @Override
    public void afterStop() {
        node.close();
        server.close();
    }
}

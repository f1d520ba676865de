package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Chains of programs that are not Debian packages, found on the PATH, with the options of their documentation. */
final class OtherChains {

    private static final String HOST = "127.0.0.1";

    private final Rig rig;
    private final Family family;
    private final Processes processes;
    private final String far;
    private final int port;
    private final int server;

    OtherChains(Rig rig, Family family) throws IOException {
        this.rig = rig;
        this.family = family;
        processes = rig.processes();
        far = HOST + ":" + rig.devices().port("far");
        port = Peers.freePort();
        server = Peers.freePort();
    }

    /** A server, and a client that makes it listen. */
    Chain wstunnel() throws IOException, InterruptedException {
        String url = (family.tls() ? "wss://" : "ws://") + HOST + ":" + server;
        List<String> serverOptions = new ArrayList<>(List.of("server", url));
        if (family.tls()) {
            TlsFiles keys = rig.tls();
            serverOptions.addAll(List.of("--tls-certificate", keys.certificate().toString()));
            serverOptions.addAll(List.of("--tls-private-key", keys.key().toString()));
        }
        Child listener = start("wstunnel", serverOptions);
        listener.awaitPort(server);
        Child client = start("wstunnel", List.of("client", "-R", "tcp://" + HOST + ":" + port + ":" + far, url));
        return Chain.ready(Peer.WSTUNNEL.label(), List.of(listener, client), port);
    }

    /** A server, and a client that makes it listen. */
    Chain chisel() throws IOException, InterruptedException {
        List<String> serverOptions =
                new ArrayList<>(List.of("server", "--host", HOST, "--port", "" + server, "--reverse"));
        List<String> clientOptions = new ArrayList<>(List.of("client"));
        if (family.tls()) {
            TlsFiles keys = rig.tls();
            serverOptions.addAll(List.of("--tls-cert", keys.certificate().toString()));
            serverOptions.addAll(List.of("--tls-key", keys.key().toString()));
            clientOptions.addAll(List.of("--tls-ca", keys.certificate().toString()));
        }
        clientOptions.add((family.tls() ? "https://" : "http://") + HOST + ":" + server);
        clientOptions.add("R:" + HOST + ":" + port + ":" + far);
        Child listener = start("chisel", serverOptions);
        listener.awaitPort(server);
        return Chain.ready(Peer.CHISEL.label(), List.of(listener, start("chisel", clientOptions)), port);
    }

    /** A server and a client; for a tunnel, also a visitor, which is the client that listens. */
    Chain frp() throws IOException, InterruptedException {
        String common = """
                serverAddr = "%s"
                serverPort = %d
                transport.tls.enable = %b
                """.formatted(HOST, server, family.tls());
        Child frps = start("frps", List.of("-c", file("frps.toml", """
                        bindAddr = "%1$s"
                        bindPort = %2$d
                        proxyBindAddr = "%1$s"
                        """.formatted(HOST, server))));
        frps.awaitPort(server);
        String proxy = common
                + """
                [[proxies]]
                name = "far"
                type = "%s"
                localIP = "%s"
                localPort = %d
                """.formatted(
                        family.exposes() ? "tcp" : "stcp", HOST, rig.devices().port("far"));
        proxy += family.exposes() ? "remotePort = " + port + "\n" : "secretKey = \"bench\"\n";
        Child frpc = start("frpc", List.of("-c", file("frpc.toml", proxy)));
        if (family.exposes()) {
            return Chain.ready(Peer.FRP.label(), List.of(frps, frpc), port);
        }
        Child visitor = start("frpc", List.of("-c", file("frpc-visitor.toml", common + """
                        [[visitors]]
                        name = "visitor"
                        type = "stcp"
                        serverName = "far"
                        secretKey = "bench"
                        bindAddr = "%s"
                        bindPort = %d
                        """.formatted(HOST, port))));
        return Chain.ready(Peer.FRP.label(), List.of(visitor, frps, frpc), port);
    }

    /** A server and a client. */
    Chain rathole() throws IOException, InterruptedException {
        Child listener =
                start("rathole", List.of("--server", file("rathole-server.toml", """
                        [server]
                        bind_addr = "%1$s:%2$d"
                        [server.services.far]
                        token = "bench"
                        bind_addr = "%1$s:%3$d"
                        """.formatted(HOST, server, port))));
        listener.awaitPort(server);
        Child client =
                start("rathole", List.of("--client", file("rathole-client.toml", """
                        [client]
                        remote_addr = "%s:%d"
                        [client.services.far]
                        token = "bench"
                        local_addr = "%s"
                        """.formatted(HOST, server, far))));
        return Chain.ready(Peer.RATHOLE.label(), List.of(listener, client), port);
    }

    /** A server, an agent at the far end, and a forwarder at the near end. */
    Chain piko() throws IOException, InterruptedException {
        int upstream = Peers.freePort();
        Child listener = start(
                "piko",
                List.of(
                        "server",
                        "--proxy.bind-addr",
                        HOST + ":" + server,
                        "--upstream.bind-addr",
                        HOST + ":" + upstream,
                        "--admin.bind-addr",
                        HOST + ":" + Peers.freePort(),
                        "--gossip.bind-addr",
                        HOST + ":" + Peers.freePort()));
        listener.awaitPort(upstream);
        Child agent = start(
                "piko",
                List.of(
                        "agent",
                        "tcp",
                        "far",
                        far,
                        "--access-log=false",
                        "--connect.url",
                        "http://" + HOST + ":" + upstream,
                        "--server.bind-addr",
                        HOST + ":" + Peers.freePort()));
        Child forwarder = start(
                "piko",
                List.of("forward", "tcp", HOST + ":" + port, "far", "--connect.url", "http://" + HOST + ":" + server));
        return Chain.ready(Peer.PIKO.label(), List.of(forwarder, listener, agent), port);
    }

    private Child start(String program, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Processes.onPath(program, Processes.path())
                .orElseThrow(() -> new IOException(program + " is no longer on the PATH")));
        command.addAll(arguments);
        return processes.start(program, command);
    }

    private String file(String name, String content) throws IOException {
        Path file = processes.folder().resolve(family.label() + "-" + name);
        return Files.writeString(file, content).toString();
    }
}

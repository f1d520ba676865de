package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.jcraft.jsch.ChannelExec;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.Session;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.BridgeServerSocket;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.netty.LegChannel;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.session.BridgeSessions;
import io.github.wsbridge.session.SessionHandler;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.transport.TestKeys;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SchemePortResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.InMemoryDnsResolver;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.HttpClientConnectionOperator;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.impl.bootstrap.HttpServer;
import org.apache.hc.core5.http.impl.bootstrap.ServerBootstrap;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.io.CloseMode;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.keyprovider.SimpleGeneratorHostKeyProvider;
import org.apache.sshd.server.shell.ProcessShellCommandFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Libraries that make their connections with a SocketFactory reach devices, and servers that take theirs from a
 * ServerSocket serve requesters; see docs/recipes.md.
 */
@Timeout(120)
final class SocketLibrariesTest {

    /** A name that only the bridge knows. */
    private static final String HOST = "device-1.invalid";

    private static final byte[] BODY = Payloads.bytes(300_000, 5);

    /** What opens the streams. */
    enum Streams {
        BRIDGES,
        SESSIONS
    }

    private static final List<AutoCloseable> opened = new ArrayList<>();
    private static BridgeClient client;
    private static BridgeSessions sessions;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Cluster cluster = opened(Cluster.start(2));
        ExecutorService threads = Executors.newCachedThreadPool();
        opened.add(threads::shutdownNow);

        BridgeServerSocket web = opened(new BridgeServerSocket());
        HttpServer server = ServerBootstrap.bootstrap()
                .setServerSocketFactory(only(web))
                .setCanonicalHostName(HOST)
                .register(
                        "/sha256",
                        (request, response, context) -> response.setEntity(new ByteArrayEntity(
                                Payloads.sha256(EntityUtils.toByteArray(request.getEntity()))
                                        .getBytes(StandardCharsets.UTF_8),
                                ContentType.TEXT_PLAIN)))
                .create();
        server.start();
        opened.add(() -> server.close(CloseMode.IMMEDIATE));

        BridgeServerSocket secured = opened(new BridgeServerSocket());
        threads.execute(() -> echoSecured(secured));

        SshServer ssh = SshServer.setUpDefaultServer();
        ssh.setHost("127.0.0.1");
        ssh.setKeyPairProvider(new SimpleGeneratorHostKeyProvider(folder.resolve("host-key")));
        ssh.setPasswordAuthenticator((user, password, session) -> password.equals("secret"));
        ssh.setCommandFactory(ProcessShellCommandFactory.INSTANCE);
        ssh.start();
        opened.add(ssh);

        TunnelTargets targets = TunnelTargets.builder()
                .target("http", web)
                .target("tls", secured)
                .target("ssh", "127.0.0.1:" + ssh.getPort())
                .build();
        BridgeDevice device = opened(BridgeDevice.builder("device-1", cluster.url(), SessionHandler.over(targets))
                .build()
                .start());
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        Connector connector = opened(NettyConnector.create());
        client = opened(BridgeClient.builder(cluster.url()).connector(connector).build());
        sessions = opened(BridgeSessions.over(client));
    }

    @AfterAll
    static void stop() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private static <T extends AutoCloseable> T opened(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private static SocketFactory sockets(Streams streams, String target) {
        return dialer(streams).socketFactory("device-1", target);
    }

    private static DeviceDialer dialer(Streams streams) {
        return streams == Streams.SESSIONS ? sessions : client;
    }

    /** A factory for servers that want to open their server socket themselves. */
    private static ServerSocketFactory only(ServerSocket socket) {
        return new ServerSocketFactory() {
            @Override
            public ServerSocket createServerSocket(int port, int backlog, InetAddress address) throws IOException {
                socket.bind(null, backlog);
                return socket;
            }

            @Override
            public ServerSocket createServerSocket(int port, int backlog) throws IOException {
                return createServerSocket(port, backlog, null);
            }

            @Override
            public ServerSocket createServerSocket(int port) throws IOException {
                return createServerSocket(port, 0, null);
            }
        };
    }

    /** A server of the oldest kind, with TLS on top of its connections. */
    private static void echoSecured(ServerSocket server) {
        try {
            SSLContext tls = TestKeys.shared().context();
            while (true) {
                try (Socket socket = server.accept();
                        SSLSocket secured =
                                (SSLSocket) tls.getSocketFactory().createSocket(socket, (InputStream) null, true)) {
                    byte[] question = secured.getInputStream().readNBytes(8);
                    secured.getOutputStream().write(question);
                }
            }
        } catch (Exception e) {
            // closed
        }
    }

    @ParameterizedTest
    @EnumSource
    void okHttp(Streams streams) throws Exception {
        OkHttpClient http = new OkHttpClient.Builder()
                .socketFactory(sockets(streams, "http"))
                .dns(host -> List.of(InetAddress.getByAddress(host, new byte[4])))
                .build();
        for (int i = 0; i < 3; i++) { // the connection is used again
            Request request = new Request.Builder()
                    .url("http://" + HOST + "/sha256")
                    .post(RequestBody.create(BODY, MediaType.get("application/octet-stream")))
                    .build();
            try (Response response = http.newCall(request).execute()) {
                assertThat(response.body().string()).isEqualTo(Payloads.sha256(BODY));
            }
        }
        assertThat(http.connectionPool().connectionCount()).isEqualTo(1);
        http.connectionPool().evictAll();
        http.dispatcher().executorService().shutdown();
    }

    @ParameterizedTest
    @EnumSource
    void httpClient5(Streams streams) throws Exception {
        SocketFactory sockets = sockets(streams, "http");
        InMemoryDnsResolver names = new InMemoryDnsResolver();
        names.add(HOST, InetAddress.getByAddress(new byte[4]));
        var connections = new PoolingHttpClientConnectionManagerBuilder() {
            @Override
            protected HttpClientConnectionOperator createConnectionOperator(
                    SchemePortResolver ports, DnsResolver dns, TlsSocketStrategy tls) {
                return new DefaultHttpClientConnectionOperator(
                        proxy -> sockets.createSocket(),
                        ports,
                        dns,
                        RegistryBuilder.<TlsSocketStrategy>create()
                                .register("https", tls)
                                .build());
            }
        }.setDnsResolver(names).build();
        try (CloseableHttpClient http =
                HttpClients.custom().setConnectionManager(connections).build()) {
            for (int i = 0; i < 3; i++) {
                HttpPost post = new HttpPost("http://" + HOST + "/sha256");
                post.setEntity(new ByteArrayEntity(BODY, ContentType.APPLICATION_OCTET_STREAM));
                String answer = http.execute(post, response -> EntityUtils.toString(response.getEntity()));
                assertThat(answer).isEqualTo(Payloads.sha256(BODY));
            }
            assertThat(connections.getTotalStats().getAvailable()).isEqualTo(1);
        }
    }

    /** What is to be written for JSch, whose interface for sockets is its own. */
    private record JSchSockets(SocketFactory sockets) implements com.jcraft.jsch.SocketFactory {

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return sockets.createSocket(host, port);
        }

        @Override
        public InputStream getInputStream(Socket socket) throws IOException {
            return socket.getInputStream();
        }

        @Override
        public OutputStream getOutputStream(Socket socket) throws IOException {
            return socket.getOutputStream();
        }
    }

    @ParameterizedTest
    @EnumSource
    void jsch(Streams streams) throws Exception {
        Session session = new JSch().getSession("someone", HOST);
        session.setSocketFactory(new JSchSockets(sockets(streams, "ssh")));
        session.setPassword("secret".getBytes(StandardCharsets.UTF_8));
        session.setConfig("StrictHostKeyChecking", "no");
        session.connect(30_000);
        try {
            ChannelExec command = (ChannelExec) session.openChannel("exec");
            command.setCommand("echo through the bridge");
            InputStream output = command.getInputStream();
            command.connect(30_000);
            assertThat(new String(output.readAllBytes(), StandardCharsets.UTF_8).strip())
                    .isEqualTo("through the bridge");
        } finally {
            session.disconnect();
        }
    }

    @ParameterizedTest
    @EnumSource
    void nettyBootstrap(Streams streams) throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Channel channel = new Bootstrap()
                    .group(group)
                    .channelFactory(LegChannel.dialling(() -> dialer(streams).leg("device-1", "http")))
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel made) {
                            made.pipeline()
                                    .addLast(
                                            new HttpClientCodec(), new HttpObjectAggregator(1_000), new Answer(answer));
                        }
                    })
                    .disableResolver()
                    .connect(HOST, 80)
                    .sync()
                    .channel();
            DefaultFullHttpRequest post = new DefaultFullHttpRequest(
                    HttpVersion.HTTP_1_1, HttpMethod.POST, "/sha256", Unpooled.wrappedBuffer(BODY));
            post.headers().set("host", HOST).set("content-length", BODY.length);
            channel.writeAndFlush(post);
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(Payloads.sha256(BODY));
            channel.close().sync();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    /** Takes the content of the first response. */
    private static final class Answer extends SimpleChannelInboundHandler<FullHttpResponse> {
        private final CompletableFuture<String> content;

        Answer(CompletableFuture<String> content) {
            this.content = content;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
            content.complete(response.content().toString(StandardCharsets.UTF_8));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
            content.completeExceptionally(failure);
        }
    }

    @ParameterizedTest
    @EnumSource
    void tlsOnTop(Streams streams) throws Exception {
        Socket plain = sockets(streams, "tls").createSocket(HOST, 443);
        try (SSLSocket secured = (SSLSocket)
                TestKeys.shared().context().getSocketFactory().createSocket(plain, "localhost", 443, true)) {
            secured.setSoTimeout(30_000);
            secured.getOutputStream().write("question".getBytes(StandardCharsets.UTF_8));
            assertThat(secured.getInputStream().readAllBytes()).asString().isEqualTo("question");
            assertThat(secured.getSession().getPeerCertificates()).isNotEmpty();
        }
        assertThat(plain.isClosed()).isTrue();
    }

    @Test
    void unknownTarget_isRefused() {
        assertThatThrownBy(() -> sockets(Streams.BRIDGES, "ftp").createSocket(HOST, 21))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("404");
    }
}

package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.TlsRules;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.asyncqueue.AsyncQueueWriter;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.glassfish.grizzly.nio.transport.TCPNIOTransportBuilder;
import org.glassfish.grizzly.ssl.SSLBaseFilter;
import org.glassfish.grizzly.ssl.SSLConnectionContext;
import org.glassfish.grizzly.ssl.SSLEngineConfigurator;
import org.glassfish.grizzly.ssl.SSLFilter;
import org.glassfish.grizzly.ssl.SSLUtils;
import org.glassfish.grizzly.strategies.WorkerThreadIOStrategy;
import org.glassfish.grizzly.threadpool.ThreadPoolConfig;

/** Configures Grizzly for the bridge. */
final class Transports {

    private static final int READ_BYTES = 32 * 1024;

    private Transports() {}

    /** Builds a transport. Its worker threads run all filters; these do not block, so a few threads are enough. */
    static TCPNIOTransport build(String name) {
        int threads = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
        ThreadPoolConfig workers = ThreadPoolConfig.defaultConfig()
                .setPoolName(name)
                .setCorePoolSize(threads)
                .setMaxPoolSize(threads)
                .setQueueLimit(-1)
                .setThreadFactory(Daemons.named(name + "-"));
        ThreadPoolConfig selectors = ThreadPoolConfig.defaultConfig()
                .setPoolName(name + "-selector")
                .setThreadFactory(Daemons.named(name + "-selector-"));
        return TCPNIOTransportBuilder.newInstance()
                .setName(name)
                .setIOStrategy(WorkerThreadIOStrategy.getInstance())
                .setWorkerThreadPoolConfig(workers)
                .setSelectorThreadPoolConfig(selectors)
                .setReadBufferSize(READ_BYTES)
                .setMaxAsyncWriteQueueSizeInBytes(AsyncQueueWriter.UNLIMITED_SIZE) // the conduits limit it
                .setTcpNoDelay(true)
                .setReuseAddress(true)
                .build();
    }

    /**
     * Returns a server's TLS filter, which refuses renegotiation: a client could have it take much of a processor.
     *
     * @param context returns the context for each new connection
     */
    static SSLFilter serverTls(Supplier<SSLContext> context, ClientCertificates clients) {
        SSLEngineConfigurator server =
                new SSLEngineConfigurator(
                        context.get(),
                        false,
                        clients == ClientCertificates.REQUIRED,
                        clients == ClientCertificates.WANTED) {
                    @Override
                    public SSLContext getSslContext() {
                        return context.get();
                    }

                    @Override
                    public SSLEngine createSSLEngine(String peerHost, int peerPort) {
                        return TlsRules.restrict(configure(context.get().createSSLEngine(peerHost, peerPort)));
                    }
                };
        SSLFilter filter = new SSLFilter(server, new SSLEngineConfigurator(context.get(), true, false, false));
        filter.addHandshakeListener(new SSLBaseFilter.HandshakeListener() {
            @Override
            public void onStart(Connection<?> connection) {
                // the first handshake is wanted
            }

            @Override
            public void onComplete(Connection<?> connection) {
                SSLUtils.getSSLEngine(connection).setEnabledProtocols(new String[0]); // so that another one fails
            }

            @Override
            public void onFailure(Connection<?> connection, Throwable failure) {
                // the connection ends
            }
        });
        return filter;
    }

    /**
     * Returns a client's TLS filter, which verifies that the server's certificate is valid for {@code host}.
     *
     * @param failed learns of failures, which Grizzly does not pass to the filters behind this one
     */
    static SSLFilter clientTls(SSLContext context, String host, int port, Consumer<IOException> failed) {
        SSLEngineConfigurator client = new SSLEngineConfigurator(context, true, false, false);
        return new SSLFilter(client, client) {
            @Override
            @SuppressWarnings("rawtypes") // Grizzly's
            protected void notifyHandshakeFailed(Connection connection, Throwable failure) {
                failed.accept(failure instanceof IOException e ? e : new IOException("TLS failed", failure));
                super.notifyHandshakeFailed(connection, failure);
            }

            @Override
            protected SSLEngine createClientSSLEngine(SSLConnectionContext of, SSLEngineConfigurator configurator) {
                // By itself, Grizzly would use the name from a reverse DNS lookup and would not verify it.
                SSLEngine engine = TlsRules.restrict(configurator.createSSLEngine(host, port));
                SSLParameters parameters = engine.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                engine.setSSLParameters(parameters);
                return engine;
            }
        };
    }
}

package io.github.wsbridge.tyrus;

import io.github.wsbridge.jakarta.Workers;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.glassfish.grizzly.asyncqueue.AsyncQueueWriter;
import org.glassfish.grizzly.filterchain.FilterChain;
import org.glassfish.grizzly.filterchain.FilterChainBuilder;
import org.glassfish.grizzly.filterchain.TransportFilter;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.glassfish.grizzly.nio.transport.TCPNIOTransportBuilder;
import org.glassfish.grizzly.ssl.SSLConnectionContext;
import org.glassfish.grizzly.ssl.SSLEngineConfigurator;
import org.glassfish.grizzly.ssl.SSLFilter;
import org.glassfish.grizzly.strategies.WorkerThreadIOStrategy;
import org.glassfish.grizzly.threadpool.ThreadPoolConfig;
import org.jspecify.annotations.Nullable;

/** Grizzly, set up for the bridge. */
final class Transports {

    private static final int READ_BYTES = 32 * 1024;

    private Transports() {}

    /** A transport whose worker threads run everything above the selectors; none of it blocks, so a few do. */
    static TCPNIOTransport build(String name) {
        int threads = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
        ThreadPoolConfig workers = ThreadPoolConfig.defaultConfig()
                .setPoolName(name)
                .setCorePoolSize(threads)
                .setMaxPoolSize(threads)
                .setQueueLimit(-1)
                .setThreadFactory(Workers.daemons(name));
        ThreadPoolConfig selectors = ThreadPoolConfig.defaultConfig()
                .setPoolName(name + "-selector")
                .setThreadFactory(Workers.daemons(name + "-selector"));
        return TCPNIOTransportBuilder.newInstance()
                .setName(name)
                .setIOStrategy(WorkerThreadIOStrategy.getInstance())
                .setWorkerThreadPoolConfig(workers)
                .setSelectorThreadPoolConfig(selectors)
                .setReadBufferSize(READ_BYTES)
                .setMaxAsyncWriteQueueSizeInBytes(AsyncQueueWriter.UNLIMITED_SIZE) // bounded by the legs
                .setTcpNoDelay(true)
                .setReuseAddress(true)
                .build();
    }

    /** What bytes of an accepted connection go through. */
    static FilterChain serverChain(@Nullable SSLContext tls, LinkFilter last) {
        FilterChainBuilder chain = FilterChainBuilder.stateless().add(new TransportFilter());
        if (tls != null) {
            chain.add(new SSLFilter(
                    new SSLEngineConfigurator(tls, false, false, false),
                    new SSLEngineConfigurator(tls, true, false, false)));
        }
        return chain.add(last).build();
    }

    /** What bytes of an outgoing connection go through; TLS checks that the server is {@code host}. */
    static FilterChain clientChain(@Nullable SSLContext tls, String host, int port, LinkFilter last) {
        FilterChainBuilder chain = FilterChainBuilder.stateless().add(new TransportFilter());
        if (tls != null) {
            chain.add(new CheckedTls(new SSLEngineConfigurator(tls, true, false, false), host, port));
        }
        return chain.add(last).build();
    }

    /** Grizzly's own takes the peer's name from a reverse look-up, and does not check it. */
    private static final class CheckedTls extends SSLFilter {
        private final String host;
        private final int port;

        CheckedTls(SSLEngineConfigurator client, String host, int port) {
            super(client, client);
            this.host = host;
            this.port = port;
        }

        @Override
        protected SSLEngine createClientSSLEngine(SSLConnectionContext context, SSLEngineConfigurator configurator) {
            SSLEngine engine = configurator.createSSLEngine(host, port);
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            engine.setSSLParameters(parameters);
            return engine;
        }
    }
}

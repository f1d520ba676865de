package io.github.wsbridge.tyrus;

import io.github.wsbridge.wire.concurrent.Daemons;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.glassfish.grizzly.asyncqueue.AsyncQueueWriter;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.glassfish.grizzly.nio.transport.TCPNIOTransportBuilder;
import org.glassfish.grizzly.ssl.SSLConnectionContext;
import org.glassfish.grizzly.ssl.SSLEngineConfigurator;
import org.glassfish.grizzly.ssl.SSLFilter;
import org.glassfish.grizzly.strategies.WorkerThreadIOStrategy;
import org.glassfish.grizzly.threadpool.ThreadPoolConfig;

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
                .setMaxAsyncWriteQueueSizeInBytes(AsyncQueueWriter.UNLIMITED_SIZE) // bounded by the conduits
                .setTcpNoDelay(true)
                .setReuseAddress(true)
                .build();
    }

    /** TLS of a client that checks that the server is {@code host}. */
    static SSLFilter clientTls(SSLContext context, String host, int port) {
        SSLEngineConfigurator client = new SSLEngineConfigurator(context, true, false, false);
        return new SSLFilter(client, client) {
            @Override
            protected SSLEngine createClientSSLEngine(SSLConnectionContext of, SSLEngineConfigurator configurator) {
                SSLEngine engine =
                        configurator.createSSLEngine(host, port); // Grizzly would take a reverse look-up's name
                SSLParameters parameters = engine.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS"); // and would not check it
                engine.setSSLParameters(parameters);
                return engine;
            }
        };
    }
}

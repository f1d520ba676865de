package io.github.wsbridge.embedding;

import io.github.wsbridge.jakarta.BridgeFilter;
import io.github.wsbridge.spi.Door;
import java.nio.file.Files;
import java.util.concurrent.Executor;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

class TomcatEmbeddingTest extends InProcessContract {

    private Tomcat tomcat;

    /** What runs requests; null for Tomcat's own pool. */
    Executor executor() {
        return null;
    }

    @Override
    int start(Door node) throws Exception {
        tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("wsbridge-tomcat").toString());
        Connector connector = new Connector();
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("maxThreads", "10");
        if (executor() != null) {
            connector.getProtocolHandler().setExecutor(executor());
        }
        tomcat.setConnector(connector);
        StandardContext context = (StandardContext) tomcat.addContext(contextPath(), null);
        context.setClearReferencesRmiTargets(false);
        context.setClearReferencesThreadLocals(false);
        addFilter(context, new BridgeFilter(node));
        tomcat.start();
        return connector.getLocalPort();
    }

    private static void addFilter(Context context, BridgeFilter bridge) {
        FilterDef filter = new FilterDef();
        filter.setFilterName("bridge");
        filter.setFilter(bridge);
        filter.setAsyncSupported("true");
        context.addFilterDef(filter);
        FilterMap map = new FilterMap();
        map.setFilterName("bridge");
        map.addURLPattern("/bridge/*");
        context.addFilterMap(map);
    }

    @Override
    void stop() throws Exception {
        tomcat.stop();
        tomcat.destroy();
    }
}

package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Door;
import java.nio.file.Files;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/** The filter in Tomcat. */
final class TomcatServer implements Host {

    private final int threads;
    private final String protocol;
    private Tomcat tomcat;

    TomcatServer() {
        this(50, "HTTP/1.1");
    }

    TomcatServer(int threads, String protocol) {
        this.threads = threads;
        this.protocol = protocol;
    }

    @Override
    public int start(Door door) throws Exception {
        tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("wsbridge-tomcat").toString());
        Connector connector = new Connector(protocol);
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("maxThreads", Integer.toString(threads));
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", null);
        ((StandardContext) context).setClearReferencesRmiTargets(false);
        ((StandardContext) context).setClearReferencesThreadLocals(false);
        FilterDef filter = new FilterDef();
        filter.setFilterName("bridge");
        filter.setFilter(new BridgeFilter(door));
        filter.setAsyncSupported("true");
        context.addFilterDef(filter);
        FilterMap map = new FilterMap();
        map.setFilterName("bridge");
        map.addURLPattern("/bridge/*");
        context.addFilterMap(map);
        Wrapper files = Tomcat.addServlet(context, "default", new DefaultServlet());
        files.addMapping("/");
        Tomcat.addServlet(context, "page", new Page()).addMapping("/page");
        tomcat.start();
        return connector.getLocalPort();
    }

    @Override
    public void stop() throws Exception {
        tomcat.stop();
        tomcat.destroy();
    }
}

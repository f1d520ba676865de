package io.github.wsbridge.jakarta;

import io.github.wsbridge.testkit.transport.FakeDoor;
import java.nio.file.Files;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.apache.tomcat.websocket.server.WsSci;

/** The filter in Tomcat. */
final class TomcatServer {

    private final Tomcat tomcat = new Tomcat();

    int start(FakeDoor door) throws Exception {
        tomcat.setBaseDir(Files.createTempDirectory("tyrus-tomcat").toString());
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", null);
        ((StandardContext) context).setClearReferencesRmiTargets(false);
        ((StandardContext) context).setClearReferencesThreadLocals(false);
        context.addServletContainerInitializer(new WsSci(), null);
        FilterDef filter = new FilterDef();
        filter.setFilterName("bridge");
        filter.setFilter(new BridgeFilter(door));
        filter.setAsyncSupported("true");
        context.addFilterDef(filter);
        FilterMap map = new FilterMap();
        map.setFilterName("bridge");
        map.addURLPattern("/bridge/*");
        context.addFilterMap(map);
        Wrapper servlet = Tomcat.addServlet(context, "default", new org.apache.catalina.servlets.DefaultServlet());
        servlet.addMapping("/");
        tomcat.start();
        return tomcat.getConnector().getLocalPort();
    }

    void stop() throws Exception {
        tomcat.stop();
        tomcat.destroy();
    }
}

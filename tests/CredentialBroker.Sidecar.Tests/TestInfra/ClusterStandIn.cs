using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>Stands in for an API server: TLS under an authority of its own, one path, and the token that came is kept.</summary>
internal sealed class ClusterStandIn : IAsyncDisposable
{
    private WebApplication _app = null!;

    public string Address { get; private set; } = "";

    public string? Authorization { get; private set; }

    public static async Task<ClusterStandIn> StartAsync(string authorityFile)
    {
        var cluster = new ClusterStandIn();
        var certificate = LoopbackCertificate.Make();
        File.WriteAllText(authorityFile, certificate.ExportCertificatePem());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        cluster._app = builder.Build();
        cluster._app.Run(cluster.AnswerAsync);
        await cluster._app.StartAsync();
        cluster.Address = cluster._app.Urls.Single();
        return cluster;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        Authorization = http.Request.Headers.Authorization;
        http.Response.ContentType = "application/json";
        if (Authorization?.StartsWith("Bearer kube.token.", StringComparison.Ordinal) != true) http.Response.StatusCode = 401;
        else if (http.Request.Path != "/version") http.Response.StatusCode = 404;
        else await http.Response.WriteAsync("""{"major":"1","minor":"32","gitVersion":"v1.32.0"}""");
    }
}

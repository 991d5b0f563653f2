using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>Stands in for a container engine: answers what a pull asks for, keeps the login that came with it, and pulls nothing.</summary>
internal sealed class EngineStandIn : IAsyncDisposable
{
    private WebApplication _app = null!;

    /// <summary>The login of the last pull, decoded.</summary>
    public string? RegistryAuth { get; private set; }

    public static async Task<EngineStandIn> StartAsync(string socket)
    {
        var engine = new EngineStandIn();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        engine._app = builder.Build();
        engine._app.Run(engine.AnswerAsync);
        await engine._app.StartAsync();
        return engine;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        http.Response.Headers["Api-Version"] = "1.43";
        http.Response.Headers["Ostype"] = "linux";
        if (http.Request.Path == "/_ping") await http.Response.WriteAsync("OK");
        else if (http.Request.Path.Value!.EndsWith("/images/create", StringComparison.Ordinal))
        {
            RegistryAuth = http.Request.Headers["X-Registry-Auth"] is [{ Length: > 0 } login] ? Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(login.TrimEnd('='))) : null;
            http.Response.ContentType = "application/json";
            if (RegistryAuth?.Contains("\"username\":\"x-access-token\"", StringComparison.Ordinal) == true) await http.Response.WriteAsync("""{"status":"Status: Image is up to date for registry.test/shop/app"}""" + "\n");
            else
            {
                http.Response.StatusCode = 500;
                await http.Response.WriteAsync("""{"message":"unauthorized: authentication required"}""");
            }
        }
        else http.Response.StatusCode = 404;
    }
}

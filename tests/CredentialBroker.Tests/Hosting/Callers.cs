using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Hosting;

/// <summary>What the broker holds of the caller of its latest request, seen before any of its own code.</summary>
internal sealed class Callers : IStartupFilter
{
    public string? Certificate { get; private set; }

    public IPAddress? Address { get; private set; }

    public string? Scheme { get; private set; }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, go) =>
        {
            (Certificate, Address, Scheme) = (context.Connection.ClientCertificate?.Thumbprint, context.Connection.RemoteIpAddress, context.Request.Scheme);
            return go(context);
        });
        next(app);
    };
}

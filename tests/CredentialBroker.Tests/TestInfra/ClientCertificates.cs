using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialBroker.TestInfra;

/// <summary>Stands in for a TLS listener: gives a connection the client certificate that a test names in a header.</summary>
internal sealed class ClientCertificates(IReadOnlyDictionary<string, X509Certificate2> known) : IStartupFilter
{
    public const string Header = "X-Test-Certificate";

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, rest) =>
        {
            if (context.Request.Headers[Header] is [{ } name]) context.Features.Set<ITlsConnectionFeature>(new TlsConnectionFeature { ClientCertificate = known[name] });
            return rest(context);
        });
        next(app);
    };
}

using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialBroker.Tests.Sources;

/// <summary>Stands in for the TLS listener: the certificate in a header of the test is the connection's.</summary>
internal sealed class CertificateHeader : IStartupFilter
{
    public const string Name = "Test-Client-Certificate";

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((http, inner) =>
        {
            if (http.Request.Headers[Name] is [{ } sent])
            {
                http.Features.Set<ITlsConnectionFeature>(new TlsConnectionFeature { ClientCertificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(sent)) });
            }

            return inner(http);
        });
        next(app);
    };
}

using System.Net.Http.Headers;
using System.Web;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Util;
using Amazon.SecurityToken;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// Requests that the broker makes one by one: those of STS and IAM, and the harmless one of a proof. The SDK's own signer
/// signs them; the wire is the one of every backend, which sends once and follows nobody.
/// </summary>
internal sealed class AwsWire : IDisposable
{
    private const string Form = "application/x-www-form-urlencoded";
    private readonly TimeProvider _clock;
    private readonly Service _sts;
    private readonly Service _iam;
    private readonly Wire _wire;

    public AwsWire(AwsTarget target, TimeProvider clock)
    {
        _clock = clock;
        _sts = new Service("sts", target.StsEndpoint ?? AwsEndpoints.Sts(target.Region), target.Region, "2011-06-15");
        _iam = new Service("iam", target.IamEndpoint ?? AwsEndpoints.Iam(target.Region), AwsArn.IamRegionOf(target.Region), "2010-05-08");
        _wire = new Wire(AwsBackend.Word, new WireOptions(null, target.RequestTimeout, target.RootCertificateFile));
    }

    /// <summary>One call of STS; what is inside its result.</summary>
    /// <param name="who">Null where the call proves itself by a token.</param>
    /// <exception cref="AwsRefusedException">AWS said no.</exception>
    /// <exception cref="BackendException">No answer, or none that says anything.</exception>
    public ValueTask<XElement> StsAsync(AwsSession? who, string action, IEnumerable<(string Name, string Value)> parameters, CancellationToken cancel) => CallAsync(_sts, who, action, parameters, cancel);

    /// <inheritdoc cref="StsAsync"/>
    public ValueTask<XElement> IamAsync(AwsSession who, string action, IEnumerable<(string Name, string Value)> parameters, CancellationToken cancel) => CallAsync(_iam, who, action, parameters, cancel);

    /// <summary>The request that a template names as proof.</summary>
    public async ValueTask<WireAnswer> GetAsync(AwsSession who, AwsProbe probe, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, probe.Url);
        var signed = new DefaultRequest(new Unnamed(), probe.Service)
        {
            HttpMethod = "GET", Endpoint = new Uri(probe.Url.GetLeftPart(UriPartial.Authority)), ResourcePath = Uri.UnescapeDataString(probe.Url.AbsolutePath), UseQueryString = true, Content = [],
            UseDoubleEncoding = probe.Service != "s3",
        };
        var query = HttpUtility.ParseQueryString(probe.Url.Query);
        foreach (var name in query.AllKeys)
        {
            // A name without a value is read as a value without a name.
            if (name is null) signed.Parameters[query[name]!] = "";
            else signed.Parameters[name] = query[name]!;
        }

        Sign(signed, request, who, probe.Service, probe.Region);
        return await _wire.SendAsync(request, cancel);
    }

    public void Dispose() => _wire.Dispose();

    private async ValueTask<XElement> CallAsync(Service service, AwsSession? who, string action, IEnumerable<(string Name, string Value)> parameters, CancellationToken cancel)
    {
        using var form = new FormUrlEncodedContent([new("Action", action), new("Version", service.Version), .. parameters.Select(one => KeyValuePair.Create(one.Name, one.Value))]);
        var body = await form.ReadAsByteArrayAsync(cancel);
        using var request = new HttpRequestMessage(HttpMethod.Post, service.Address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(Form);
        if (who is not null)
        {
            var signed = new DefaultRequest(new Unnamed(), service.Name) { HttpMethod = "POST", Endpoint = service.Address, ResourcePath = "/", Content = body };
            signed.Headers["Content-Type"] = Form;
            Sign(signed, request, who, service.Name, service.Region);
        }

        return AwsAnswer.Read(await _wire.SendAsync(request, cancel), action);
    }

    private void Sign(DefaultRequest signed, HttpRequestMessage request, AwsSession who, string service, string region)
    {
        (signed.OverrideSigningServiceName, signed.AuthenticationRegion) = (service, region);
        if (who.Token is not null) signed.Headers["x-amz-security-token"] = who.Token;
        var config = new AmazonSecurityTokenServiceConfig { ServiceURL = signed.Endpoint.ToString(), AuthenticationRegion = region };
        var signature = new AWS4Signer().SignRequest(signed, config, new RequestMetrics(), who.KeyId, who.SecretKey, _clock.GetUtcNow().UtcDateTime);
        foreach (var (name, value) in signed.Headers.Where(header => header.Key.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase))) request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation("Authorization", signature.ForAuthorizationHeader);
    }

    private sealed record Service(string Name, Uri Address, string Region, string Version);

    /// <summary>What the signer takes a request for; it looks at nothing in it.</summary>
    private sealed class Unnamed : AmazonWebServiceRequest;
}

using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Aws;

/// <summary>A harmless request that the grant allows, by which anyone can see whether a session is honoured.</summary>
/// <param name="Service">As its requests are signed, such as <c>s3</c>.</param>
internal sealed partial record AwsProbe(string Service, Uri Url, string Region)
{
    public static AwsProbe? Read(Section of, AwsTarget? target, Mistakes mistakes)
    {
        if (of.Node("probe") is not { } node) return null;
        if (node is not YamlMappingNode map)
        {
            of.Mistake("probe", "must name a service and the url of a harmless request");
            return null;
        }

        var section = new Section(map, of.PathOf("probe"), mistakes);
        var service = section.Text("service", required: true);
        var text = section.Text("url", required: true);
        var region = section.Text("region");
        section.RefuseOthers();
        if (service is not null && !ServiceForm().IsMatch(service)) section.Mistake("service", "must be a service's signing name, such as s3");
        // STS answers who one is even where everything is denied, so that its answer would prove nothing.
        if (service == "sts") section.Mistake("service", "must not be sts: GetCallerIdentity succeeds under an explicit deny, and proves nothing");
        if (region is not null && !AwsArn.IsRegion(region)) section.Mistake("region", "must be a region such as eu-central-1");
        if (text is null) return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.UserInfo.Length > 0 || url.Fragment.Length > 0 || text.Length > 512 || text.Any(c => c is <= ' ' or > '~'))
        {
            section.Mistake("url", "must be an address without user and fragment, of at most 512 visible characters");
            return null;
        }

        if (text.Contains("GetCallerIdentity", StringComparison.OrdinalIgnoreCase)) section.Mistake("url", "must not ask for GetCallerIdentity: it succeeds under an explicit deny, and proves nothing");
        if (target is not null && !target.ProbeEndpoints.Any(one => one.Scheme == url.Scheme && one.Authority == url.Authority)) section.Mistake("url", "is at no address that the target allows (ProbeEndpoints)");
        return service is null || target is null ? null : new AwsProbe(service, url, region ?? target.Region);
    }

    [GeneratedRegex(@"^[a-z0-9-]{2,32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ServiceForm();
}

using CredentialBroker.Node.Reading;

namespace CredentialBroker.Node.Gate;

/// <summary>Networks that a container is connected to; addresses and names in them are of no consequence for the host.</summary>
internal static class Networks
{
    private const string Endpoint = "IPAMConfig Links Aliases NetworkID EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen MacAddress DriverOpts DNSNames GwPriority";

    public static void Read(Struct network)
    {
        if (network.Any("EndpointsConfig") is Value.Members endpoints)
        {
            foreach (var (name, value) in endpoints.Of)
            {
                if (value is not Value.Nothing) Struct.Of(value, $"NetworkingConfig.{name}").Skip(Endpoint).NoOthers();
            }
        }

        network.NoOthers();
    }

    /// <summary>A new network: an option of a driver may reach the host's own interfaces, and so has none.</summary>
    public static void ReadNew(Value.Members body)
    {
        var made = new Struct(body, "body").Skip("Name CheckDuplicate Internal Attachable Labels IPAM EnableIPv6 EnableIPv4");
        if (made.Text("Driver") is not ("" or "bridge") || made.Truth("Ingress") || made.Truth("ConfigOnly") || made.Inner("ConfigFrom") is not null || made.Pairs("Options").Any() || made.Text("Scope") is not ("" or "local"))
        {
            throw new RefusedException(Refusals.Never, "a network has the driver bridge and no options");
        }

        made.NoOthers();
    }

    public static void ReadConnect(Value.Members body)
    {
        var connect = new Struct(body, "body").Skip("Container Force");
        connect.Inner("EndpointConfig")?.Skip(Endpoint).NoOthers();
        connect.NoOthers();
    }
}

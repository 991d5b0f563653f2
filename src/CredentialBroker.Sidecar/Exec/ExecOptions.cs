using System.CommandLine;
using CredentialBroker.Sidecar.Commands;
using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.Exec;

/// <summary>What can be said on the command line instead of in a file: enough for one program and its leases.</summary>
internal sealed class ExecOptions
{
    private readonly Option<string?> _config = new("--config") { HelpName = "FILE", Description = "A configuration; what is said here comes on top." };
    private readonly Option<string[]> _templates = new("--template") { HelpName = "NAME", Description = "A template to claim; may be repeated. The lease is named like it." };
    private readonly Option<string?> _address = new("--addr") { HelpName = "URL", Description = "The broker; else CREDBROKER_ADDR." };
    private readonly Option<string?> _caFile = new("--ca-file") { HelpName = "FILE", Description = "PEM with the only authorities to believe; else CREDBROKER_CA_FILE." };
    private readonly Option<string?> _tokenFile = new("--token-file") { HelpName = "FILE", Description = "The workload's token, read at every call; else CREDBROKER_TOKEN_FILE." };
    private readonly Option<string?> _audience = new("--audience") { HelpName = "TEXT", Description = "Whom a GitHub job's token or JWT-SVID is for." };
    private readonly Option<string?> _ttl = Durations.Option("--ttl", "Wanted life of each lease, at most its template's.");
    private readonly Option<string[]> _scopes = new("--scope") { HelpName = "NAME", Description = "A scope of the template; may be repeated." };
    private readonly Option<string[]> _parameters = new("--param") { HelpName = "NAME=VALUE", Description = "A value for a parameter of the scopes; may be repeated." };
    private readonly Option<string?> _purpose = new("--purpose") { HelpName = "TEXT", Description = "One line for the audit record, such as a ticket." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_templates, _config, _address, _caFile, _tokenFile, _audience, _ttl, _scopes, _parameters, _purpose]) command.Add(option);
    }

    public SidecarOptions Read(ParseResult parsed)
    {
        var options = parsed.GetValue(_config) is { } file ? OptionsFile.Read(file) : new SidecarOptions();
        options.Broker.Address = parsed.GetValue(_address) ?? options.Broker.Address;
        options.Broker.CaFile = parsed.GetValue(_caFile) ?? options.Broker.CaFile;
        options.Identity.TokenFile = parsed.GetValue(_tokenFile) is { } token ? Path.GetFullPath(token) : options.Identity.TokenFile;
        options.Identity.Audience = parsed.GetValue(_audience) ?? options.Identity.Audience;
        foreach (var template in parsed.GetValue(_templates) ?? [])
        {
            options.Leases[template] = new LeaseOptions
            {
                Template = template, Ttl = parsed.GetValue(_ttl) is { } ttl ? Durations.Of(ttl) : null, Scopes = [.. parsed.GetValue(_scopes) ?? []],
                Parameters = Pairs.Of("--param", parsed.GetValue(_parameters)), Purpose = parsed.GetValue(_purpose),
            };
        }

        return options;
    }
}

/// <summary>Arguments of the form NAME=VALUE.</summary>
internal static class Pairs
{
    public static Dictionary<string, string> Of(string option, string[]? pairs)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw CommandException.Usage($"{option} '{pair}' is not NAME=VALUE");
            if (!all.TryAdd(pair[..equals], pair[(equals + 1)..])) throw CommandException.Usage($"{option} {pair[..equals]} is given twice");
        }

        return all;
    }
}

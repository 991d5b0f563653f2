namespace CredentialBroker.Node;

/// <summary>Reason codes of the node's refusals: in the engine's answer to its caller, in the log, and in what the broker is told. Never renamed.</summary>
internal static class Refusals
{
    /// <summary>The engine's call is not one that this plugin understands.</summary>
    public const string Call = "call_malformed";
    /// <summary>The caller is of no class that is configured.</summary>
    public const string Caller = "caller_unknown";
    /// <summary>The path is not in its plain form, or is none that is known.</summary>
    public const string Path = "path_refused";
    /// <summary>A parameter of the query is unknown, doubled or malformed.</summary>
    public const string Query = "query_refused";
    /// <summary>The caller's class may not do this.</summary>
    public const string NotAllowed = "not_allowed";
    /// <summary>Nobody may do this through the gate.</summary>
    public const string Never = "never_allowed";
    /// <summary>The request needs a body, and the engine showed none.</summary>
    public const string Empty = "body_missing";
    /// <summary>The body that was shown is not as long as its caller said.</summary>
    public const string Truncated = "body_truncated";
    /// <summary>The body is longer than the gate reads.</summary>
    public const string TooLarge = "body_too_large";
    /// <summary>The body is not said to be JSON.</summary>
    public const string ContentType = "body_type";
    /// <summary>The body is no JSON object, or something follows it.</summary>
    public const string Json = "body_malformed";
    /// <summary>A text of the body is no valid Unicode.</summary>
    public const string Encoding = "body_encoding";
    /// <summary>A member's name is not ASCII.</summary>
    public const string Name = "body_name_folds";
    /// <summary>A member appears twice, or twice once names are folded.</summary>
    public const string Twice = "body_name_twice";
    /// <summary>The body has a member that the gate does not know.</summary>
    public const string Member = "body_member_unknown";
    /// <summary>A member has another type than the engine gives it.</summary>
    public const string Type = "body_member_type";
    /// <summary>A path of the host is never exposed.</summary>
    public const string NeverExposed = "host_path_never";
    /// <summary>A path of the host leads over a symbolic link, or is not in its plain form.</summary>
    public const string Link = "host_path_unclear";
    /// <summary>A host resource was asked for that the caller's class may not have.</summary>
    public const string Resource = "host_resource_refused";
    /// <summary>The image is none that the caller's class may run.</summary>
    public const string Image = "image_refused";
    /// <summary>The container was not created through the gate.</summary>
    public const string Unbound = "container_unbound";
    /// <summary>The container is not what was approved.</summary>
    public const string Differs = "container_differs";
    /// <summary>The broker cannot be reached, so that nothing was approved.</summary>
    public const string BrokerUnreachable = "broker_unreachable";
    /// <summary>The broker did not accept the approval.</summary>
    public const string BrokerRefused = "broker_refused";
    /// <summary>The engine passed a request on that the plugin did not see whole.</summary>
    public const string Untrusted = "host_untrusted";
    /// <summary>The engine cannot be asked.</summary>
    public const string Engine = "engine_unreachable";
    /// <summary>What has to be told to the broker waits already as much as may wait.</summary>
    public const string SpoolFull = "spool_full";
    /// <summary>A fault of the node itself.</summary>
    public const string Fault = "node_fault";
}

/// <summary>Somebody may not do something, with its stable code.</summary>
internal sealed class RefusedException(string code, string detail) : Exception(detail)
{
    public string Code { get; } = code;
}

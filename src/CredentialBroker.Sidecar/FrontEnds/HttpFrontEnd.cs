using System.Net;

namespace CredentialBroker.Sidecar.FrontEnds;

/// <summary>
/// A dialect that is spoken over HTTP, on a listener of its own. What arrives here has passed the guards: right Host, not
/// forwarded, no body where none belongs, peer allowed. All else is the dialect's own to judge and to refuse in its own words.
/// </summary>
internal abstract class HttpFrontEnd
{
    /// <summary>As the log calls it.</summary>
    public abstract string Name { get; }

    /// <summary>Where it listens; null for a unix socket.</summary>
    public abstract IPEndPoint? Listen { get; }

    /// <summary>Where it listens, if on a unix socket.</summary>
    public virtual string? Socket => null;

    /// <summary>Users whose processes may connect to its unix socket.</summary>
    public virtual IReadOnlyList<uint> Users => [];

    /// <summary>Names under which callers may reach it beside the address itself and localhost.</summary>
    public virtual IReadOnlyList<string> Hosts => [];

    /// <summary>Whether a request of this method may carry a body, and how long.</summary>
    public virtual int LongestBody(string method) => 0;

    /// <summary>The port that it was given; known once it listens.</summary>
    public int Port { get; set; }

    /// <summary>Called once it listens, before anybody is told where.</summary>
    public virtual void Listens()
    {
    }

    /// <summary>Called when it has stopped.</summary>
    public virtual void Stopped()
    {
    }

    public abstract Task AnswerAsync(HttpContext http);

    /// <summary>Refuses in the dialect's own error shape.</summary>
    /// <param name="http">The request.</param>
    /// <param name="status">Status of the answer.</param>
    /// <param name="code">Stable reason.</param>
    /// <param name="message">For people.</param>
    public abstract Task RefuseAsync(HttpContext http, int status, string code, string message);

    protected string Url => $"http://{(Listen!.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Listen.Address}]" : Listen.Address.ToString())}:{Port}";
}

using System.Diagnostics;
using System.Text.Json.Nodes;
using CredentialBroker.Node.Approving;

namespace CredentialBroker.Node.Tests.TestInfra;

/// <summary>The node as a program of its own, with a state folder of its own, so that it can be killed.</summary>
internal sealed class NodeProgram : IAsyncDisposable
{
    private readonly HostRig _rig;
    private readonly string _folder;
    private readonly string _log;
    private Process? _process;

    public NodeProgram(HostRig rig, string folder)
    {
        (_rig, _folder, _log) = (rig, Path.Combine(folder, "other"), Path.Combine(folder, "other.log"));
        Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The same host, so the same key.
        File.Copy(rig.Options.Keys.KeyFile, Path.Combine(_folder, "key.pem"), overwrite: true);
    }

    public string Log => File.Exists(_log) ? File.ReadAllText(_log) : "";

    public IEnumerable<string> Waiting => Directory.Exists(Path.Combine(_folder, "spool")) ? Directory.EnumerateFiles(Path.Combine(_folder, "spool")).Where(file => !file.EndsWith(".new", StringComparison.Ordinal)) : [];

    /// <summary>What the other node knows of a container is this one's from now on.</summary>
    public void TakeOver(string id)
    {
        new Containers(_folder).Keep(_rig.Node.Containers.Find(id)!);
        _rig.Node.Containers.Forget(id);
    }

    public void Start(string broker)
    {
        var configuration = new JsonObject
        {
            ["Host"] = ExampleHost.Host, ["Issuer"] = _rig.Options.Issuer, ["Environment"] = "test",
            ["Broker"] = new JsonObject { ["Address"] = broker, ["Audience"] = _rig.Options.Broker.Audience, ["Timeout"] = "00:00:01" },
            ["Engine"] = new JsonObject { ["Socket"] = _rig.Engine.Socket, ["Exception"] = new JsonObject { ["Name"] = ExampleHost.Exception, ["Until"] = _rig.Options.Engine.Exception!.Until!.Value.ToString("O") } },
            ["Plugin"] = new JsonObject { ["Socket"] = Path.Combine(_folder, "plugin", "p.sock") },
            ["State"] = new JsonObject { ["Folder"] = _folder },
            ["Keys"] = new JsonObject { ["KeyFile"] = Path.Combine(_folder, "key.pem"), ["JwksFile"] = Path.Combine(_folder, "node.jwks") },
            ["Callers"] = new JsonObject { ["ci"] = new JsonObject { ["Names"] = new JsonArray("ci"), ["May"] = new JsonArray("look") } },
        };
        var file = Path.Combine(_folder, "node.json");
        File.WriteAllText(file, configuration.ToJsonString());
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec dotnet {typeof(Entry).Assembly.Location} serve --config {file} 2>>{_log}"]))!;
    }

    /// <summary>With no time for anything.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public ValueTask DisposeAsync()
    {
        if (_process is not null) Kill();
        return ValueTask.CompletedTask;
    }
}

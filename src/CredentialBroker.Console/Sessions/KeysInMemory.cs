using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace CredentialBroker.WebConsole.Sessions;

/// <summary>Where the framework keeps what it seals forms and sign-ins with: nowhere that outlives the process.</summary>
internal sealed class KeysInMemory : IXmlRepository
{
    private readonly List<XElement> _keys = [];

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        lock (_keys) return [.. _keys];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        lock (_keys) _keys.Add(element);
    }
}

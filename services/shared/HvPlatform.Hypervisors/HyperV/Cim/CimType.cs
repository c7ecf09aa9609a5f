namespace HvPlatform.Hypervisors.HyperV.Cim;

/// <summary>The type of a CIM property or parameter (DSP0004). Whether it is an array is said beside it.</summary>
public enum CimType
{
    /// <summary><c>boolean</c>; <see cref="bool"/>.</summary>
    Boolean,

    /// <summary><c>uint8</c>; <see cref="byte"/>.</summary>
    UInt8,

    /// <summary><c>uint16</c>; <see cref="ushort"/>.</summary>
    UInt16,

    /// <summary><c>uint32</c>; <see cref="uint"/>.</summary>
    UInt32,

    /// <summary><c>uint64</c>; <see cref="ulong"/>.</summary>
    UInt64,

    /// <summary><c>sint8</c>; <see cref="sbyte"/>.</summary>
    SInt8,

    /// <summary><c>sint16</c>; <see cref="short"/>.</summary>
    SInt16,

    /// <summary><c>sint32</c>; <see cref="int"/>.</summary>
    SInt32,

    /// <summary><c>sint64</c>; <see cref="long"/>.</summary>
    SInt64,

    /// <summary><c>real32</c>; <see cref="float"/>.</summary>
    Real32,

    /// <summary><c>real64</c>; <see cref="double"/>.</summary>
    Real64,

    /// <summary><c>string</c>; <see cref="string"/>. An embedded instance in a string is CIM-XML text.</summary>
    String,

    /// <summary><c>datetime</c>; <see cref="CimDateTime"/>, a moment or an interval.</summary>
    DateTime,

    /// <summary><c>CLASS REF</c>; <see cref="CimPath"/>.</summary>
    Reference,

    /// <summary>An embedded object that travels as an instance, not as text; <see cref="CimInstance"/>.</summary>
    Instance,
}

// The parts that identity is made of: records, origins, numbers.
#include <gtest/gtest.h>

#include "impl/engine/claims.h"
#include "impl/engine/identity_record.h"
#include "impl/engine/layer_seal.h"
#include "impl/engine/numbers.h"
#include "impl/engine/origin_handle.h"

namespace ovlspec::impl {
namespace {

const IdentityRecord kRecord{.number = 0x123456789a,
                             .generation = 7,
                             .origin_file_system = 99,
                             .origin_inode = 5,
                             .upper_inode = 6,
                             .origin_links = 2};

TEST(LayerSeal, IsReadAsItWasWritten) {
  const LayerSeal seal{.root = 7, .generation = 9, .claims = {2, 3, 1000, std::uint64_t{1} << 62}};
  EXPECT_EQ(decode_seal(encode_seal(seal, 4096)), seal);
}

TEST(LayerSeal, WithAnyBitChangedIsNone) {
  const std::string bytes = encode_seal({.root = 7, .generation = 9, .claims = {2, 3, 1000}}, 4096);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_seal(changed)) << bit;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_seal(bytes.substr(0, size))) << size;
}

TEST(LayerSeal, HoldsTheSmallestClaimsThatFit) {
  LayerSeal seal{.root = 7, .generation = 9, .claims = {}};
  for (InodeNumber number = 1000; number < 2000; ++number) seal.claims.push_back(number);
  const std::string bytes = encode_seal(seal, 100);
  EXPECT_LE(bytes.size(), 100U);
  const auto read = decode_seal(bytes);
  ASSERT_TRUE(read);
  EXPECT_GT(read->claims.size(), 60U);
  EXPECT_TRUE(std::equal(read->claims.begin(), read->claims.end(), seal.claims.begin()));
}

TEST(ClaimedNumbers, BelongToTheTopmostLayerThatHasThem) {
  ClaimedNumbers claimed;
  EXPECT_FALSE(claimed.claimed_above(5, 3));
  claimed.add(5, 3);
  EXPECT_TRUE(claimed.contains(5));
  EXPECT_FALSE(claimed.claimed_above(5, 3));
  claimed.add(5, 1);
  claimed.add(5, 2);
  EXPECT_FALSE(claimed.claimed_above(5, 1));
  EXPECT_TRUE(claimed.claimed_above(5, 3));
}

TEST(IdentityRecord, IsReadAsItWasWritten) { EXPECT_EQ(decode_record(encode_record(kRecord)), kRecord); }

TEST(IdentityRecord, WithAnyBitChangedIsNoRecord) {
  const std::string bytes = encode_record(kRecord);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_record(damaged).has_value()) << bit;
  }
  EXPECT_FALSE(decode_record(bytes.substr(1)).has_value());
  EXPECT_FALSE(decode_record("").has_value());
}

TEST(IdentityRecord, OfANumberThatNoObjectShowsIsNoRecord) {
  for (const InodeNumber number : {InodeNumber{1}, InodeNumber{1} << 63U, ~InodeNumber{0}}) {
    IdentityRecord record = kRecord;
    record.number = number;
    EXPECT_FALSE(decode_record(encode_record(record)).has_value()) << number;
  }
}

TEST(OriginHandle, HasTheKernelsEncoding) {
  const std::string uuid = "0123456789abcdef";
  const OriginHandle origin = encode_origin(uuid, BackingHandle{.type = 1, .bytes = "12345678"}, 5);
  EXPECT_EQ(origin.bytes, std::string("\0\xfb\x1d\0\x01", 5) + uuid + "12345678");
  EXPECT_EQ(origin.index_name(),
            "00fb1d000130313233343536373839616263646566"
            "3132333435363738");
  const auto decoded = decode_origin(origin.bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->uuid, uuid);
  EXPECT_EQ(decoded->handle, (BackingHandle{.type = 1, .bytes = "12345678"}));
}

TEST(OriginHandle, IsMadeOfTheInodeNumberWithoutAHandle) {
  const std::string uuid(16, 'u');
  const OriginHandle five = encode_origin(uuid, std::nullopt, 5);
  EXPECT_NE(five.bytes, encode_origin(uuid, std::nullopt, 6).bytes);
  EXPECT_EQ(decode_origin(five.bytes)->handle.type, kSynthesisedHandle);
}

TEST(OriginHandle, TooLongForAnIndexNameIsSynthesised) {
  const BackingHandle handle{.type = 1, .bytes = std::string(128, 'x')};
  const OriginHandle origin = encode_origin(std::string(16, 'u'), handle, 5);
  EXPECT_LE(origin.index_name().size(), 255U);
}

TEST(OriginHandle, RefusesForeignBytes) {
  EXPECT_FALSE(decode_origin("").has_value());
  EXPECT_FALSE(decode_origin(std::string(40, 'x')).has_value());
}

BackingFileSystem file_system(char name, std::uint64_t device) {
  return {.uuid = std::string(16, name), .device = device, .stable = true};
}

TEST(Numbers, AreTheSameInEveryMountInWhateverOrder) {
  Numbers one;
  Numbers two;
  const auto a1 = one.file_system(file_system('a', 1));
  const auto b1 = one.file_system(file_system('b', 2));
  const auto b2 = two.file_system(file_system('b', 7));
  const auto a2 = two.file_system(file_system('a', 8));
  EXPECT_EQ(one.claim({a1, 5}, {}), two.claim({a2, 5}, {}));
  EXPECT_EQ(one.claim({b1, 5}, {}), two.claim({b2, 5}, {}));
}

TEST(Numbers, OfCopiedImagesDiffer) {
  Numbers numbers;
  const auto original = numbers.file_system(file_system('a', 1));
  const auto copy = numbers.file_system(file_system('a', 2));
  EXPECT_NE(original, copy);
  EXPECT_NE(numbers.claim({original, 5}, {}), numbers.claim({copy, 5}, {}));
}

TEST(Numbers, ThatAnotherObjectHoldsAreNotGivenOut) {
  Numbers numbers;
  const auto index = numbers.file_system(file_system('a', 1));
  const InodeNumber held = numbers.claim({index, 5}, {});
  const InodeNumber displaced = numbers.claim({index, 6}, held);
  EXPECT_NE(displaced, held);
  EXPECT_EQ(numbers.claim({index, 6}, held), displaced) << "a claim lasts";
  EXPECT_EQ(numbers.claim({index, 5}, {}), held);
}

TEST(Numbers, ARecordedNumberIsTaken) {
  Numbers numbers;
  const auto index = numbers.file_system(file_system('a', 1));
  const InodeNumber recorded = numbers.derived({index, 5});
  EXPECT_EQ(numbers.claim({index, 6}, recorded), recorded);
  EXPECT_NE(numbers.claim({index, 5}, {}), recorded) << "the origin, seen later, is another object";
}

TEST(Numbers, StayDifferentWhenAllDisplacementsAreHeld) {
  Numbers numbers;
  const auto index = numbers.file_system(file_system('a', 1));
  const InodeNumber base = numbers.derived({index, 5});
  for (std::uint64_t k = 0; k < identity::kDisplacements; ++k) {
    numbers.claim({index, 100 + k}, base | k << identity::kDisplacementShift);
  }
  const InodeNumber ninth = numbers.claim({index, 5}, {});
  EXPECT_EQ(numbers.claim({index, 5}, {}), ninth);
  for (std::uint64_t k = 0; k < identity::kDisplacements; ++k) {
    EXPECT_NE(ninth, base | k << identity::kDisplacementShift);
  }
}

TEST(Numbers, MoveWithTheObject) {
  Numbers numbers;
  const auto index = numbers.file_system(file_system('a', 1));
  const InodeNumber number = numbers.claim({index, 5}, {});
  numbers.move({index, 5}, {index, 6});
  EXPECT_EQ(numbers.claim({index, 6}, {}), number);
  EXPECT_NE(numbers.claim({index, 5}, {}), number);
}

TEST(Numbers, ReleasedMayBeGivenOutAgain) {
  Numbers numbers;
  const auto index = numbers.file_system(file_system('a', 1));
  const InodeNumber number = numbers.claim({index, 5}, {});
  numbers.release({index, 5});
  EXPECT_EQ(numbers.claim({index, 6}, number), number);
}

}  // namespace
}  // namespace ovlspec::impl

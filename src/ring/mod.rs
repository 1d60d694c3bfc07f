//! The circular queue of the exercise (LeetCode 622): reference, operation lists and judge.
